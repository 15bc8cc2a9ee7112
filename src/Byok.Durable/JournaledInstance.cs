using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>An instance's row. Input, status, output and failure are JSON.</summary>
internal sealed record JournaledInstance(
    string Id, string Name, OrchestrationState State, Guid RunId, string Input, DateTimeOffset CreatedOn, DateTimeOffset UpdatedOn,
    string? Status, string? Output, string? Failure, string? Owner, string? ParentId, long ParentStep)
{
    public bool IsEnded => State is OrchestrationState.Completed or OrchestrationState.Failed or OrchestrationState.Terminated;

    public OrchestrationStatus ToStatus() =>
        new(Id, Name, State, CreatedOn, UpdatedOn, Parse<JsonElement?>(Status), Parse<JsonElement?>(Output), Parse<FailureDetails>(Failure));

    private T? Parse<T>(string? json)
    {
        try
        {
            return json is null ? default : JsonSerializer.Deserialize<T>(json, OrchestrationJson.Options);
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"The journal's entry of the operation '{Id}' is damaged; move the journal away, and a new one is made.", exception);
        }
    }
}
