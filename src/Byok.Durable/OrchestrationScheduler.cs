
namespace Byok.Durable;

/// <summary>
/// Runs an orchestration's code on one thread at a time. A continuation that comes from elsewhere means that the code awaited
/// something that no journal records (a delay, I/O, another thread); it is not run but reported.
/// </summary>
internal sealed class OrchestrationScheduler(Action onForeignContinuation) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _continuations = new();
    private int _threadId;

    /// <summary>Whether the calling thread is the one that runs the orchestration now.</summary>
    public bool IsCurrent => Volatile.Read(ref _threadId) == Environment.CurrentManagedThreadId;

    /// <summary>Runs code and all continuations that it sets free.</summary>
    public void Run(Action code)
    {
        var previous = Current;
        SetSynchronizationContext(this);
        Volatile.Write(ref _threadId, Environment.CurrentManagedThreadId);
        try
        {
            code();
            while (_continuations.TryDequeue(out var next))
            {
                next.Callback(next.State);
            }
        }
        finally
        {
            Volatile.Write(ref _threadId, 0);
            SetSynchronizationContext(previous);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsCurrent)
        {
            _continuations.Enqueue((d, state));
        }
        else
        {
            onForeignContinuation();
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("An orchestration does not block.");

    public override SynchronizationContext CreateCopy() => this;
}
