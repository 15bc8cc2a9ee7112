using Byok.Core.Ports;
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

    [LoggerMessage(10, LogLevel.Information, "Rotations that are due and were started: {Count}.")]
    private partial void LogRotations(int count);
}
