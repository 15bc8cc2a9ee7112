using System.Text.Json;
using Byok.Core.Orchestration;

namespace Byok.Api;

/// <summary>An operation as the API shows it.</summary>
/// <param name="Kind">The orchestration's name.</param>
/// <param name="State">Pending, Running, Completed, Failed or Terminated.</param>
/// <param name="CreatedOn">When it was started.</param>
/// <param name="UpdatedOn">When it last moved.</param>
/// <param name="Progress">What it published last.</param>
/// <param name="Result">Its result, when completed.</param>
/// <param name="Failure">Why it failed or was terminated.</param>
public sealed record OperationView(
    string Id, string Kind, string State, DateTimeOffset CreatedOn, DateTimeOffset UpdatedOn, JsonElement? Progress, JsonElement? Result, OperationFailure? Failure)
{
    internal static OperationView From(OrchestrationStatus status) => new(
        status.InstanceId, status.Name, status.State.ToString(), status.CreatedOn, status.UpdatedOn, status.CustomStatus, status.Output,
        status.Failure is { } failure ? new OperationFailure(failure.ErrorType.Split('.')[^1], failure.Message) : null);
}

/// <summary>Why an operation failed.</summary>
/// <param name="Type">The failure type's short name, for example <c>KeyUnavailableException</c>.</param>
/// <param name="Message">Its sentence.</param>
public sealed record OperationFailure(string Type, string Message);
