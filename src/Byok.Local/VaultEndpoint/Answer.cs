using System.Text.Json.Nodes;

namespace Byok.Local.VaultEndpoint;

/// <summary>What goes back to the client.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The JSON body; null for none.</param>
internal sealed record Answer(int Status, JsonObject? Body)
{
    internal static Answer Ok(JsonObject body) => new(200, body);

    internal static Answer NoContent { get; } = new(204, null);
}
