using System.CommandLine;
using Byok.Cli.Output;
using Byok.Local.Stack;
using Byok.Local.VaultEndpoint;

namespace Byok.Cli.Commands;

/// <summary><c>byok dev-vault</c>: the vault behind the Key Vault protocol, a process that <c>byok up --host functions</c> starts. Not for people, so help does not show it.</summary>
internal static class DevVaultCommand
{
    public static Command Create()
    {
        var addressFile = new Argument<string>("FILE") { Description = "Where to write the address." };
        return new Command("dev-vault", "Serve the local stack's vault by the Key Vault protocol.") { Hidden = true, Arguments = { addressFile } }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetRequiredValue(addressFile), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string addressFile, Terminal terminal, CancellationToken cancellationToken)
    {
        using var termination = new TerminationSignal(cancellationToken);
        var paths = StackPaths.FromEnvironment();
        using var tokens = await LocalTokens.OpenAsync(paths, StackState.Load(paths), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var options = new VaultEndpointOptions { CertificateFile = paths.VaultCertificate, TokenFile = paths.VaultAccessToken };
        await using var endpoint = await VaultEndpoint.StartAsync(tokens.Vault, options, cancellationToken).ConfigureAwait(false);
        await termination.AnnounceAndWaitAsync(endpoint.Address, addressFile, terminal).ConfigureAwait(false);
        return ExitCodes.Done;
    }
}
