using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Durable;
using Byok.Local.Stack;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.RotateKey;

namespace Byok.Cli.Serve;

/// <summary>What happens by the clock: audits, and rotations that are due.</summary>
/// <param name="auditEvery">Time between two audits; zero for none.</param>
/// <param name="rotationEvery">How often to look for rotations that are due; zero for never.</param>
/// <param name="terminal">Told what was started.</param>
internal sealed class Timers(LocalStack stack, DurableEngine engine, TimeSpan auditEvery, TimeSpan rotationEvery, Terminal terminal)
{
    /// <summary>What is done how often, in words.</summary>
    public string Describe() => $"audits {Every(auditEvery)}, rotations {Every(rotationEvery)} when a key is older than {stack.Options.MaxKeyAge:c}";

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        RunAsync(auditEvery, due => AuditAsync(due, cancellationToken), "audit", cancellationToken),
        RunAsync(rotationEvery, _ => RotateAsync(cancellationToken), "look for rotations that are due", cancellationToken));

    private Task RunAsync(TimeSpan interval, Func<DateTimeOffset, Task> action, string what, CancellationToken cancellationToken)
    {
        void Tell(ByokException exception) => terminal.Note($"timer '{what}': {exception.Message}");
        return interval > TimeSpan.Zero
            ? new IntervalTimer(interval, TimeProvider.System).RunAsync(action, Tell, cancellationToken)
            : Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static string Every(TimeSpan interval) => interval > TimeSpan.Zero ? $"every {interval:c}" : "off";

    private async Task AuditAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        if (await new DueAudits(engine).StartAsync(due, cancellationToken).ConfigureAwait(false) is { } operationId)
        {
            terminal.Note($"started by the clock: {operationId}");
        }
    }

    private async Task RotateAsync(CancellationToken cancellationToken)
    {
        var due = new DueRotations(stack.Vault, engine, stack.Options, TimeProvider.System);
        foreach (var operationId in await due.StartAsync(cancellationToken).ConfigureAwait(false))
        {
            terminal.Note($"started by the clock: {operationId}");
        }
    }
}
