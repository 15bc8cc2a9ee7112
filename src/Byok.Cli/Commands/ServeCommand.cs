using System.CommandLine;
using System.Runtime.InteropServices;
using Byok.Cli.Output;
using Byok.Cli.Serve;
using Byok.Cli.Stack;
using Byok.Pipeline.Api;

namespace Byok.Cli.Commands;

/// <summary><c>byok serve</c>: what the Functions app does in Azure, on this machine until it is interrupted.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port of the HTTP API on loopback. Default: a free one.", DefaultValueFactory = _ => 0 };
        return new Command("serve", "Run the HTTP API, the upload trigger and the timers until interrupted.") { port }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetValue(port), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(int port, Terminal terminal, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
        await using var stack = await LocalStack.OpenAsync(stopping.Token).ConfigureAwait(false);
        await stack.StartEngineAsync().ConfigureAwait(false);
        await using var server = await ApiServer.StartAsync(new OperationsApi(stack.Engine, stack.Catalog.Audits), port, stopping.Token).ConfigureAwait(false);
        terminal.Document(new { address = server.Address });
        terminal.Line($"serving          {server.Address}api (Ctrl-C ends it; what is under way goes on at the next start)");
        terminal.Line($"watching         the container '{stack.Storage.Uploads.Name}' of {stack.Storage.Uploads.Uri.Authority}");
        try
        {
            await new UploadTrigger(stack, terminal).RunAsync(stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            terminal.Line("stopped");
        }

        return ExitCodes.Done;
    }
}
