using System.Text.Json.Nodes;

namespace Byok.Local.VaultEndpoint;

/// <summary>An error as the service answers it (Azure Key Vault REST reference, "Key Vault Error").</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The error's code.</param>
/// <param name="Message">One sentence.</param>
/// <param name="InnerCode">The inner error's code, where the service gives one.</param>
internal sealed record VaultError(int Status, string Code, string Message, string? InnerCode = null)
{
    internal static VaultError BadParameter(string message) => new(400, "BadParameter", message);

    internal static VaultError Forbidden(string innerCode, string message) => new(403, "Forbidden", message, innerCode);

    internal static VaultError KeyNotFound(string name, string? version) =>
        new(404, "KeyNotFound", $"This vault holds no key with the name or identifier '{(version is null ? name : $"{name}/{version}")}'; if it was deleted lately it may be recoverable.");

    internal static VaultError DeletedKeyNotFound(string name) => new(404, "KeyNotFound", $"This vault holds no deleted key '{name}'.");

    internal JsonObject ToJson()
    {
        var error = new JsonObject { ["code"] = Code, ["message"] = Message };
        if (InnerCode is not null)
        {
            error["innererror"] = new JsonObject { ["code"] = InnerCode };
        }

        return new JsonObject { ["error"] = error };
    }
}
