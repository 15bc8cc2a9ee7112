using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Text;
using Byok.Pipeline;
using Byok.Relay.HybridConnections;
using Byok.Storage;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Composition;

/// <summary>The app's settings, <c>Byok__*</c>; docs/OPERATIONS.md tells each. What is wrong stops the app at its start.</summary>
public sealed partial record ByokSettings
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
    /// <exception cref="ConfigurationException">A setting is missing or wrong; the message names it.</exception>
    public static ByokSettings Read(IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var vaultUri = Address(section, "VaultUri") ?? throw Wrong("VaultUri", "must be set to the vault's address");
        var settings = new ByokSettings
        {
            VaultUri = vaultUri,
            VaultToken = Text(section, "VaultToken"),
            StorageAccountUri = Address(section, "StorageAccountUri"),
            RecordsAccountUri = Address(section, "RecordsAccountUri"),
            StorageConnectionString = Text(section, "StorageConnectionString"),
            Relay = ReadRelay(section.GetSection("Relay")),
            RelaySasKeyName = Text(section, "Relay:SasKeyName"),
            RelaySasKey = Text(section, "Relay:SasKey"),
            Containers = ReadContainers(section.GetSection("Containers")),
            Pipeline = ReadPipeline(section),
        };
        if (settings.VaultToken is not null && !vaultUri.IsLoopback)
        {
            throw Wrong("VaultToken", "is for a vault on the loopback interface only; in Azure the app's identity is used");
        }

        if (settings.RelaySasKey is not null && settings.Relay?.NamespaceAddress.IsLoopback != true)
        {
            throw Wrong("Relay__SasKey", "is for a relay on the loopback interface only; in Azure the app's identity is used");
        }

        if (settings is { RecordsAccountUri: not null, StorageConnectionString: not null })
        {
            throw Wrong("RecordsAccountUri", "is not for the emulator, which holds all containers");
        }

        if (settings.RelaySasKey is not null && settings.RelaySasKeyName is null)
        {
            throw Wrong("Relay__SasKeyName", "must be set with Byok__Relay__SasKey");
        }

        return (settings.StorageAccountUri is null) != (settings.StorageConnectionString is null)
            ? settings
            : throw Wrong("StorageAccountUri", "or, for the emulator, Byok__StorageConnectionString must be set, and not both");
    }

    private static RelayEndpoint? ReadRelay(IConfigurationSection section)
    {
        if (Text(section, "Namespace") is not { } name)
        {
            return null;
        }

        // A host name, or an address where the relay is on this machine.
        return Uri.TryCreate(name.Contains("://", StringComparison.Ordinal) ? name : $"https://{name}", UriKind.Absolute, out var address)
            ? new RelayEndpoint(address, Text(section, "Path") ?? throw Wrong("Relay__Path", "must be set to the hybrid connection's path"))
            : throw Wrong("Relay__Namespace", "must be the relay's host name");
    }

    private static StorageOptions ReadContainers(IConfigurationSection section)
    {
        var standard = new StorageOptions();
        var containers = new StorageOptions
        {
            UploadsContainer = Text(section, "Uploads") ?? UploadsContainer,
            ProtectedContainer = Container(section, "Protected") ?? standard.ProtectedContainer,
            BranchesContainer = Container(section, "Branches") ?? standard.BranchesContainer,
            LedgerContainer = Container(section, "Ledger") ?? standard.LedgerContainer,
            AuditsContainer = Container(section, "Audits") ?? standard.AuditsContainer,
        };
        return containers.UploadsContainer == UploadsContainer
            ? containers
            : throw Wrong("Containers__Uploads", $"must be '{UploadsContainer}', which is the container that the blob trigger watches");
    }

    private static PipelineOptions ReadPipeline(IConfiguration section)
    {
        var standard = new PipelineOptions();
        return new PipelineOptions
        {
            DefaultKey = Text(section, "DefaultKey") is { } key ? KeyNamed("DefaultKey", key) : null,
            KeyPrefixes = ReadPrefixes(Text(section, "KeyPrefixes")),
            AcceptedKeys = Text(section, "AcceptedKeys") is { } accepted ? ReadAccepted(accepted) : null,
            KeyCacheTime = Number(section, "KeyCacheSeconds", 1, 3600) is { } seconds ? TimeSpan.FromSeconds(seconds) : standard.KeyCacheTime,
            KekLifetime = Hours(section, "KekLifetimeHours") ?? standard.KekLifetime,
            RequiredApprovals = Number(section, "RequiredApprovals", 0, 100) ?? standard.RequiredApprovals,
            AttestationRoots = ReadRoots(section),
            GracePeriod = Hours(section, "GracePeriodHours") ?? standard.GracePeriod,
            MaxKeyAge = Number(section, "KeyMaximumAgeDays", 1, 3650) is { } days ? TimeSpan.FromDays(days) : standard.MaxKeyAge,
            MaxBranchAge = Number(section, "BranchMaximumAgeDays", 1, 3650) is { } branchDays ? TimeSpan.FromDays(branchDays) : standard.MaxBranchAge,
            Verification = Choice<VerificationScope>(section, "Verify") ?? standard.Verification,
            Disposal = Choice<PlaintextDisposal>(section, "PlaintextDisposal") ?? standard.Disposal,
        };
    }

    private static IReadOnlyList<string> ReadAccepted(string text) =>
        [.. text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => KeyNamed("AcceptedKeys", name))];

    private static Dictionary<string, string> ReadPrefixes(string? text)
    {
        var prefixes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in (text ?? string.Empty).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.LastIndexOf('=');
            if (at <= 0 || !prefixes.TryAdd(pair[..at], KeyNamed("KeyPrefixes", pair[(at + 1)..])))
            {
                throw Wrong("KeyPrefixes", "must be 'prefix=key;prefix=key', each prefix once");
            }
        }

        return prefixes;
    }

    private static IReadOnlyList<X509Certificate2> ReadRoots(IConfiguration section)
    {
        try
        {
            return Text(section, "AttestationRoots") is { } pem ? AttestationRoots.Parse(pem) : [];
        }
        catch (FormatException exception)
        {
            throw Wrong("AttestationRoots", $"must be the HSM manufacturer's root certificates in PEM: {exception.Message.TrimEnd('.')}");
        }
    }

    private static string KeyNamed(string setting, string name) =>
        KeyName.IsValid(name) ? name : throw Wrong(setting, $"names a key, and what it names is not a key's name; {SettingText.Describe(name)}");

    private static string? Text(IConfiguration section, string name) => section[name] is { Length: > 0 } text ? text : null;

    private static Uri? Address(IConfiguration section, string name) =>
        Text(section, name) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps
            && uri is { Query: "", Fragment: "", UserInfo: "" } ? uri
        : throw Wrong(name, $"must be an absolute https address, without query, fragment and user name; {SettingText.Describe(text)}");

    /// <summary>The service would refuse any other name at the first call only, in a message that shows it.</summary>
    private static string? Container(IConfiguration section, string name) =>
        Text(section, name) is not { } text ? null
        : ContainerName().IsMatch(text) ? text
        : throw Wrong($"Containers__{name}", $"must be a container's name: 3 to 63 lower-case letters, digits and single hyphens; {SettingText.Describe(text)}");

    private static int? Number(IConfiguration section, string name, int least, int most) =>
        Text(section, name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Wrong(name, $"must be a whole number from {least} to {most}");

    private static TimeSpan? Hours(IConfiguration section, string name) =>
        Number(section, name, 1, 24 * 365) is { } hours ? TimeSpan.FromHours(hours) : null;

    private static T? Choice<T>(IConfiguration section, string name)
        where T : struct, Enum =>
        Text(section, name) is not { } text ? null
        : Enum.GetNames<T>().Contains(text) ? Enum.Parse<T>(text)
        : throw Wrong(name, $"must be one of {string.Join(", ", Enum.GetNames<T>())}");

    [GeneratedRegex("^(?=.{3,63}\\z)[a-z0-9]+(-[a-z0-9]+)*\\z")]
    private static partial Regex ContainerName();

    private static ConfigurationException Wrong(string name, string rule) => new($"The setting Byok__{name} {rule}.");
}
