using System.CommandLine;
using System.Runtime.InteropServices;
using Byok.Api;
using Byok.Cli.Output;
using Byok.Cli.Serve;
using Byok.Core.Errors;
using Byok.Local.Stack;
using Byok.Local.Stack.Operations;
using Byok.Pipeline;

namespace Byok.Cli.Commands;

/// <summary><c>byok serve</c>: what the Functions app does in Azure, on this machine until it is interrupted.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port")
        {
            Description = "Port of the HTTP API on loopback. Default: a free one.",
            CustomParser = result => WholeNumber.Parse(result, "--port", 0, 65535) ?? 0,
            DefaultValueFactory = _ => 0,
        };
        var auditEvery = Interval("--audit-every", "Run an audit so often, at whole multiples of it in UTC; at once if the last one was missed.", TimeSpan.FromHours(24));
        var rotationEvery = Interval("--rotation-every", "Look so often for keys whose rotation is due.", TimeSpan.FromHours(1));
        var maxKeyAge = new Option<TimeSpan>("--max-key-age")
        {
            Description = "Age of a key's newest version at which its rotation is due.",
            CustomParser = Duration.Parse,
            DefaultValueFactory = _ => new PipelineOptions().MaxKeyAge,
        };
        var vault = new Option<bool>("--vault") { Description = "Serve the vault too, by the Key Vault protocol over HTTPS on loopback, for any official client." };
        return new Command("serve", "Run the HTTP API, the upload trigger and the timers until interrupted.") { port, auditEvery, rotationEvery, maxKeyAge, vault }
            .Runs(async (parsed, terminal, cancellationToken) =>
            {
                using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
                {
                    context.Cancel = true;
                    Stop(stopping);
                });
                await using var stack = await LocalStack.OpenAsync(options => options with { MaxKeyAge = parsed.GetValue(maxKeyAge) }, stopping.Token).ConfigureAwait(false);
                if (stack.Operations is not EmbeddedOperations embedded)
                {
                    throw new AlreadyRunningException("The Functions app serves already: API, upload trigger and timers; 'byok status' says where.");
                }

                var timers = new Timers(stack, embedded.Engine, parsed.GetValue(auditEvery), parsed.GetValue(rotationEvery), terminal);
                await using var vaultServer = parsed.GetValue(vault) ? await VaultServer.StartAsync(stack, stopping.Token).ConfigureAwait(false) : null;
                return await RunAsync(stack, embedded, timers, parsed.GetValue(port), vaultServer, terminal, stopping).ConfigureAwait(false);
            });
    }

    private static void Stop(CancellationTokenSource stopping)
    {
        try
        {
            stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // A second signal, while the first one's work is all but done.
        }
    }

    /// <summary>An option for a timer's interval; zero when it is <c>off</c>.</summary>
    private static Option<TimeSpan> Interval(string name, string description, TimeSpan normal) => new(name)
    {
        Description = $"{description} {Duration.Form}, at least 1m, or 'off'. Default: {normal.TotalHours:0}h.",
        HelpName = "DURATION",
        CustomParser = result =>
        {
            if (result.Tokens is [{ Value: "off" }])
            {
                return TimeSpan.Zero;
            }

            var interval = Duration.Parse(result);
            if (interval < IntervalTimer.MinInterval && !result.Errors.Any())
            {
                result.AddError($"{name} is at least 1m, or 'off'.");
            }

            return interval;
        },
        DefaultValueFactory = _ => normal,
    };

    private static async Task<int> RunAsync(
        LocalStack stack, EmbeddedOperations embedded, Timers timers, int port, VaultServer? vault, Terminal terminal, CancellationTokenSource stopping)
    {
        await embedded.BeginWorkAsync().ConfigureAwait(false);
        await using var server = await ApiServer.StartAsync(new OperationsApi(embedded.Engine, stack.Audits, stack.Vault), port, stopping.Token).ConfigureAwait(false);
        terminal.Document(new { address = server.Address, vault = vault is null ? null : new { vault.Address, vault.CertificateFile, vault.TokenFile } });
        terminal.Line($"serving          {server.Address}api (Ctrl-C ends it; what is under way goes on at the next start)");
        terminal.Line($"watching         the container '{stack.Storage.Uploads.Name}' of {stack.Storage.Uploads.Client.Uri.Authority}");
        if (vault is not null)
        {
            terminal.Line($"vault            {vault.Address} (certificate {vault.CertificateFile}, bearer token in {vault.TokenFile})");
        }

        terminal.Line($"by the clock     {timers.Describe()}");
        try
        {
            Task[] running = [new UploadTrigger(stack.Storage, embedded.Engine, terminal).RunAsync(stopping.Token), timers.RunAsync(stopping.Token)];
            await Task.WhenAny(running).ConfigureAwait(false); // Neither ends but by an interruption or a failure, which ends the other too.
            await stopping.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            terminal.Line("stopped");
        }

        return ExitCodes.Done;
    }
}
