namespace Byok.Local.Stack;

/// <summary>The turn to change what of the stack runs and what it is told: one command at a time. Disposing gives it back.</summary>
public static class StackTurn
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <exception cref="IOException">Another command has it.</exception>
    public static IDisposable Take(StackPaths paths) =>
        TryTake(paths, out var refusal) ?? throw new IOException("Another 'byok up' or 'byok down' is at work in this folder; wait for it.", refusal);

    /// <summary>Waits for it.</summary>
    public static async Task<IDisposable> WaitAsync(StackPaths paths, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(paths, out _) is { } turn)
            {
                return turn;
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static FileStream? TryTake(StackPaths paths, out IOException? refusal) => FileLock.TryTake(paths.LockFile, FileOptions.None, out refusal);
}
