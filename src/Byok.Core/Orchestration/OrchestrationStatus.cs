using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Core.Orchestration;

/// <summary>An instance as its engine describes it.</summary>
/// <param name="Name">The orchestration's name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CreatedOn">When it was scheduled.</param>
/// <param name="UpdatedOn">When it last moved.</param>
/// <param name="CustomStatus">The progress it published; null when none.</param>
/// <param name="Output">Its output; null before it completes.</param>
/// <param name="Failure">Why it failed or was terminated; null otherwise.</param>
public sealed record OrchestrationStatus(
    string InstanceId, string Name, OrchestrationState State, DateTimeOffset CreatedOn, DateTimeOffset UpdatedOn,
    JsonElement? CustomStatus, JsonElement? Output, FailureDetails? Failure)
{
    /// <summary>Whether the instance has ended.</summary>
    public bool IsEnded => State is OrchestrationState.Completed or OrchestrationState.Failed or OrchestrationState.Terminated;
}
