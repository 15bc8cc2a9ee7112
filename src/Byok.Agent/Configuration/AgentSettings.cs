using Byok.Export.Policy;
using Byok.Relay.HybridConnections;

namespace Byok.Agent.Configuration;

/// <summary>The settings of <see cref="AgentFile"/>, checked, with full paths. Without the name and file of a SAS key the agent uses Entra ID.</summary>
public sealed record AgentSettings(
    string StateFolder, TokenSettings Token, RelayEndpoint Relay, string? SasKeyName, string? SasKeyFile, int Listeners, ExportPolicy Policy,
    bool FetchKekFromVault);
