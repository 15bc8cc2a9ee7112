using System.Text.Json;

namespace Byok.Local.Stack;

/// <summary>What <c>agent.json</c> says that the stack has to know. Null where it does not say, or cannot be read.</summary>
public sealed record AgentRules(int? RequiredApprovals, string? SerialNumber, Uri? Vault)
{
    private static readonly JsonSerializerOptions Options =
        new(JsonSerializerDefaults.Web) { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static AgentRules Read(StackPaths paths)
    {
        try
        {
            var file = JsonSerializer.Deserialize<AgentFile>(File.ReadAllBytes(paths.AgentFile), Options);
            return new AgentRules(file?.Policy?.RequiredApprovals, file?.Token?.SerialNumber, file?.Policy?.Vaults is [var vault] ? vault : null);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return new AgentRules(null, null, null);
        }
    }

    private sealed record AgentFile(TokenSection? Token, PolicySection? Policy);

    private sealed record TokenSection(string? SerialNumber);

    private sealed record PolicySection(int? RequiredApprovals, IReadOnlyList<Uri>? Vaults);
}
