using Byok.Core.Errors;
using Byok.Pipeline;
using Byok.Relay.HybridConnections;
using Byok.Storage;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Composition;

/// <summary>The app's settings, <c>Byok__*</c>; docs/OPERATIONS.md tells each. What is wrong stops the app at its start.</summary>
public sealed record ByokSettings
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Byok";

    /// <summary>The container that the blob trigger watches. It is part of the trigger's binding, so it cannot be another.</summary>
    public const string UploadsContainer = "uploads";

    /// <summary>Address of the vault or Managed HSM.</summary>
    public required Uri VaultUri { get; init; }

    /// <summary>An access token for a vault on the loopback interface; null for the app's identity.</summary>
    public string? VaultToken { get; init; }

    /// <summary>Blob endpoint of the data account; null when a connection string is set.</summary>
    public Uri? StorageAccountUri { get; init; }

    /// <summary>Blob endpoint of the account that holds branch records, ledger and audits; null for the data account.</summary>
    public Uri? RecordsAccountUri { get; init; }

    /// <summary>Connection string of the storage emulator; null in Azure.</summary>
    public string? StorageConnectionString { get; init; }

    /// <summary>The hybrid connection to the agent; null for an app that brings no keys.</summary>
    public RelayEndpoint? Relay { get; init; }

    /// <summary>Name of the shared access key for a relay on the loopback interface; null for the app's identity.</summary>
    public string? RelaySasKeyName { get; init; }

    /// <summary>That key.</summary>
    public string? RelaySasKey { get; init; }

    /// <summary>Names of the containers.</summary>
    public required StorageOptions Containers { get; init; }

    /// <summary>The pipeline's settings.</summary>
    public required PipelineOptions Pipeline { get; init; }

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">Settings are missing or wrong; the message names all of them, a line each.</exception>
    public static ByokSettings Read(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return new ByokSettingsReader(section).Read();
    }
}
