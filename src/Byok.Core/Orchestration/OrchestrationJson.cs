using System.Text.Json;
using System.Text.Json.Serialization;

namespace Byok.Core.Orchestration;

/// <summary>How inputs, outputs, events and status are written: System.Text.Json's web defaults on every engine, and choices in words, for the HTTP API shows them as they are.</summary>
public static class OrchestrationJson
{
    /// <summary>The one set of options. A choice is also read as a number.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
