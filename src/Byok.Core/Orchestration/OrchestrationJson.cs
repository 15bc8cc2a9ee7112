using System.Text.Json;

namespace Byok.Core.Orchestration;

/// <summary>How inputs, outputs, events and status are written: System.Text.Json's web defaults on every engine.</summary>
public static class OrchestrationJson
{
    /// <summary>The one set of options.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web);
}
