using Byok.Core.Orchestration;

namespace Byok.Pipeline.AuditKeys;

/// <summary>
/// Starts the audit of a due time. The operation's id is made of that time, to the minute, so starting it often, or by several hosts, starts it once.
/// </summary>
public sealed class DueAudits(IOrchestrationClient client)
{
    /// <summary>Starts the audit of a due time, unless it was started before.</summary>
    /// <returns>The operation's id; null when this call did not start it.</returns>
    public async Task<string?> StartAsync(DateTimeOffset due, CancellationToken cancellationToken)
    {
        var minute = $"{due.UtcDateTime:yyyyMMddTHHmm}";
        var operationId = OperationId.Once(minute, OperationVerb.Audit).ToString();

        // The first releases named the time itself.
        var isStartedBefore = await client.GetAsync($"audit-{minute}", cancellationToken).ConfigureAwait(false) is not null;
        return !isStartedBefore && await client.ScheduleAsync(AuditKeysOrchestration.Name, new AuditKeysInput(), operationId, cancellationToken).ConfigureAwait(false) ? operationId : null;
    }
}
