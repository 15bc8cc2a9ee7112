namespace Byok.Local.Stack;

/// <summary>Cross-process lock for <c>up</c> and <c>down</c>, and for whatever else changes the stack's state. Disposing releases it.</summary>
public static class StackLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <exception cref="IOException">Another command has it.</exception>
    public static IDisposable Take(StackPaths paths) =>
        TryTake(paths, out var refusal) ?? throw new IOException("Another 'byok up' or 'byok down' is at work in this folder; wait for it.", refusal);

    /// <summary>Waits until it is free.</summary>
    public static async Task<IDisposable> WaitAsync(StackPaths paths, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(paths, out _) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static FileStream? TryTake(StackPaths paths, out IOException? refusal) => FileLock.TryTake(paths.LockFile, FileOptions.None, out refusal);
}
