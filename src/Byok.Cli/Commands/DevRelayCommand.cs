using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Local.Relay;
using Byok.Local.Stack;

namespace Byok.Cli.Commands;

/// <summary><c>byok dev-relay</c>: the relay process that <c>byok up</c> starts. Not for people, so help does not show it.</summary>
internal static class DevRelayCommand
{
    public static Command Create()
    {
        var addressFile = new Argument<string>("FILE") { Description = "Where to write the address." };
        var port = new Option<int>("--port") { Description = "The port to listen on if it is free; else, and by default, any free one." };
        return new Command("dev-relay", "Run the dev relay of the local stack.") { Hidden = true, Arguments = { addressFile }, Options = { port } }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetRequiredValue(addressFile), parsed.GetValue(port), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string addressFile, int port, Terminal terminal, CancellationToken cancellationToken)
    {
        using var termination = new TerminationSignal(cancellationToken);
        await using var server = await StartAsync(port, cancellationToken).ConfigureAwait(false);
        await termination.AnnounceAndWaitAsync(server.Address, addressFile, terminal).ConfigureAwait(false);
        return ExitCodes.Done;
    }

    private static async Task<DevRelayServer> StartAsync(int port, CancellationToken cancellationToken)
    {
        var options = new DevRelayOptions
        {
            HybridConnections = [RelayKeys.HybridConnection],
            AccessKeys = RelayKeys.ReadAll(StackPaths.FromEnvironment()),
            Port = port,
        };
        try
        {
            return await DevRelayServer.StartAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (ConfigurationException) when (port != 0)
        {
            return await DevRelayServer.StartAsync(options with { Port = 0 }, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }
}
