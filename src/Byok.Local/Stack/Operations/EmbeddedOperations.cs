using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Pipeline.BringKey;

namespace Byok.Local.Stack.Operations;

/// <summary>Operations on the embedded engine, in this process.</summary>
public sealed class EmbeddedOperations(DurableEngine engine) : IOperations
{
    private bool _isWorking;

    public DurableEngine Engine => engine;

    /// <summary>Begins working: on what is scheduled from now on, and on what a process that died left behind.</summary>
    public async Task BeginWorkAsync()
    {
        if (!_isWorking)
        {
            await engine.StartAsync().ConfigureAwait(false);
            _isWorking = true;
        }
    }

    public async Task StartAsync(string orchestration, object input, string operationId, CancellationToken cancellationToken)
    {
        await BeginWorkAsync().ConfigureAwait(false);
        await engine.ScheduleAsync(orchestration, input, operationId, cancellationToken).ConfigureAwait(false);
    }

    public Task<OrchestrationStatus> FollowAsync(string operationId, Action<OrchestrationStatus> report, CancellationToken cancellationToken) =>
        engine.WaitAsync(operationId, report, cancellationToken);

    public Task<OrchestrationStatus?> FindAsync(string operationId, CancellationToken cancellationToken) => engine.GetAsync(operationId, cancellationToken);

    public Task<bool> IsRunElsewhereAsync(string operationId, CancellationToken cancellationToken) => engine.IsRunElsewhereAsync(operationId, cancellationToken);

    public IAsyncEnumerable<OrchestrationStatus> ListAsync(string keyName, CancellationToken cancellationToken) => engine.ListAsync(string.Empty, cancellationToken);

    public Task ApproveAsync(string operationId, string approval, CancellationToken cancellationToken) =>
        engine.RaiseEventAsync(operationId, BringKeyOrchestration.ApprovalEvent, approval, cancellationToken);

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}
