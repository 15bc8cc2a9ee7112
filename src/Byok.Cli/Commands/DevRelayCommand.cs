using System.CommandLine;
using System.Runtime.InteropServices;
using Byok.Cli.Output;
using Byok.Cli.Stack;
using Byok.Local.Relay;

namespace Byok.Cli.Commands;

/// <summary><c>byok dev-relay</c>: the relay process that <c>byok up</c> starts. Not for people, so help does not show it.</summary>
internal static class DevRelayCommand
{
    public static Command Create()
    {
        var addressFile = new Argument<string>("FILE") { Description = "Where to write the address." };
        return new Command("dev-relay", "Run the dev relay of the local stack.") { Hidden = true, Arguments = { addressFile } }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetRequiredValue(addressFile), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string addressFile, Terminal terminal, CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });
        using var interrupted = cancellationToken.Register(() => stopped.TrySetResult());
        var options = new DevRelayOptions { HybridConnections = [RelayKeys.HybridConnection], AccessKeys = RelayKeys.ReadAll(StackPaths.FromEnvironment()) };
        await using var server = await DevRelayServer.StartAsync(options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(addressFile + ".draft", server.Address.ToString(), cancellationToken).ConfigureAwait(false);
        File.Move(addressFile + ".draft", addressFile);
        terminal.Line($"listening at {server.Address}");
        await stopped.Task.ConfigureAwait(false);
        return ExitCodes.Done;
    }
}
