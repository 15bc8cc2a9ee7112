using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>How a run ended.</summary>
/// <param name="State">Completed, failed, or running for a run that continues as new.</param>
/// <param name="Payload">The output, the failure, or the new run's input, as JSON.</param>
internal sealed record TurnOutcome(OrchestrationState State, string Payload)
{
    public static TurnOutcome Failed(FailureDetails failure) => new(OrchestrationState.Failed, JsonSerializer.Serialize(failure, OrchestrationJson.Options));
}
