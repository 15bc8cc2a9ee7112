using Byok.Core.Branches;

namespace Byok.Client.Branches;

/// <summary>One unwrapping, which all who want that branch wait for, and its result.</summary>
internal sealed class BranchOpening : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<BranchKey> _key;
    private bool _isDisposed;

    public BranchOpening(Moment began, Func<CancellationToken, Task<BranchKey>> open)
    {
        Began = began;
        _key = Task.Run(() => open(_stop.Token));
    }

    public Moment Began { get; }

    /// <summary>How many wait; the ring's lock guards it.</summary>
    public int Waiters { get; set; }

    public bool IsDone => _key.IsCompletedSuccessfully;

    /// <returns>A copy; null when this was forgotten meanwhile.</returns>
    public async Task<BranchKey?> CopyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var key = await _key.WaitAsync(cancellationToken).ConfigureAwait(false);
            lock (_lock)
            {
                return _isDisposed ? null : key.Copy();
            }
        }
        catch (OperationCanceledException) when (_isDisposed && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        _stop.Cancel();
        _ = _key.ContinueWith(
            done =>
            {
                if (done.IsCompletedSuccessfully)
                {
                    done.Result.Dispose();
                }

                _stop.Dispose();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
