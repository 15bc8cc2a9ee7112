using System.Text.Json;
using System.Text.Json.Serialization;

namespace Byok.Agent.Configuration;

/// <summary>A part of the file; keeps what it does not know, so that all of it can be named.</summary>
internal abstract record AgentFileSection
{
    /// <summary>Members that are not in the contract.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; init; }
}
