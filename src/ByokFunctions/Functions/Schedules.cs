using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.RotateKey;
using ByokFunctions.Composition;
using ByokFunctions.Durable;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace ByokFunctions.Functions;

/// <summary>What happens by the clock. The settings hold NCRONTAB expressions in UTC.</summary>
public sealed partial class Schedules(IKeyVault vault, ByokSettings settings, TimeProvider time, ILogger<Schedules> logger)
{
    /// <summary>Starts the rotations that are due, by <c>ByokRotationSchedule</c>.</summary>
    [Function("RotationSchedule")]
    public async Task RotateAsync(
        [TimerTrigger("%ByokRotationSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var due = new DueRotations(vault, new DurableOrchestrationClient(client), settings.Pipeline, time);
        LogRotations((await due.StartAsync(cancellationToken).ConfigureAwait(false)).Count);
    }

    /// <summary>Starts an audit, by <c>ByokAuditSchedule</c>.</summary>
    [Function("AuditSchedule")]
    public async Task AuditAsync(
        [TimerTrigger("%ByokAuditSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var audits = new DueAudits(new DurableOrchestrationClient(client));
        LogAudit(await audits.StartAsync(time.GetUtcNow(), cancellationToken).ConfigureAwait(false) ?? "none");
    }

    [LoggerMessage(11, LogLevel.Information, "Audit that is due and was started: {InstanceId}.")]
    private partial void LogAudit(string instanceId);

    [LoggerMessage(10, LogLevel.Information, "Rotations that are due and were started: {Count}.")]
    private partial void LogRotations(int count);
}
