using Byok.Export.Policy;
using Byok.Relay.HybridConnections;

namespace Byok.Agent.Configuration;

/// <summary>The agent's settings, checked.</summary>
public sealed record AgentSettings
{
    /// <summary>Where the record is kept.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The HSM.</summary>
    public required TokenSettings Token { get; init; }

    /// <summary>The hybrid connection.</summary>
    public required RelayEndpoint Relay { get; init; }

    /// <summary>Name of the relay's access rule; null for Entra ID.</summary>
    public string? SasKeyName { get; init; }

    /// <summary>File of the access rule's key; null for Entra ID.</summary>
    public string? SasKeyFile { get; init; }

    /// <summary>Control channels side by side.</summary>
    public required int Listeners { get; init; }

    /// <summary>The rules.</summary>
    public required ExportPolicy Policy { get; init; }

    /// <summary>Whether the agent asks the vault for each KEK itself.</summary>
    public required bool FetchKekFromVault { get; init; }
}
