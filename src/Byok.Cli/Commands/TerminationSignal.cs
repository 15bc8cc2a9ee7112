using System.Runtime.InteropServices;
using Byok.Cli.Output;

namespace Byok.Cli.Commands;

/// <summary>For a command that is a process of the stack: it tells where it listens, and runs until it is asked to end.</summary>
internal sealed class TerminationSignal : IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminated;
    private readonly CancellationTokenRegistration _interrupted;

    public TerminationSignal(CancellationToken cancellationToken)
    {
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _asked.TrySetResult();
        });
        _interrupted = cancellationToken.Register(() => _asked.TrySetResult());
    }

    /// <summary>Writes the address into the file, which appears whole, and waits.</summary>
    public async Task AnnounceAndWaitAsync(Uri address, string addressFile, Terminal terminal)
    {
        await File.WriteAllTextAsync(addressFile + ".draft", address.ToString()).ConfigureAwait(false);
        File.Move(addressFile + ".draft", addressFile);
        terminal.Line($"listening at {address}");
        await _asked.Task.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _terminated.Dispose();
        _interrupted.Dispose();
    }
}
