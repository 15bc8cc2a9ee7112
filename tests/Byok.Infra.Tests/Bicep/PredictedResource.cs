using System.Text.Json.Nodes;

namespace Byok.Infra.Tests.Bicep;

/// <summary>One resource as Azure Resource Manager would be asked to make it; what only Azure knows stays an expression in brackets.</summary>
internal sealed class PredictedResource(JsonNode node)
{
    public string Id { get; } = (string)node["id"]!;

    public string Type { get; } = (string)node["type"]!;

    public string Name { get; } = (string)node["name"]!;

    public JsonNode Node { get; } = node;

    /// <summary>The id of the resource that an extension resource (role assignment, diagnostic setting) is about.</summary>
    public string Scope => Id[..Id.LastIndexOf("/providers/", StringComparison.Ordinal)];

    /// <summary>A property by its dotted path below <c>properties</c>; null when it is not set.</summary>
    public JsonNode? Property(string path) =>
        path.Split('.').Aggregate(Node["properties"], (current, name) => current?[name]);

    public string? Text(string path) => (string?)Property(path);

    public bool? Flag(string path) => (bool?)Property(path);

    public IReadOnlyList<string> Texts(string path) => [.. Property(path)?.AsArray().Select(item => (string)item!) ?? []];
}
