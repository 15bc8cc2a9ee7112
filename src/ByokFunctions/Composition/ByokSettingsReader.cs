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

/// <summary>
/// Reads <see cref="ByokSettings"/> and collects what is wrong. By hand, because the configuration binder stops at the first value that it cannot convert, and
/// shows it; and because its messages name members, where whoever reads them looks for the environment variable.
/// </summary>
internal sealed partial class ByokSettingsReader(IConfiguration section)
{
    private readonly List<string> _faults = [];

    public ByokSettings Read()
    {
        var settings = new ByokSettings
        {
            VaultUri = ReadAddress("VaultUri")!,
            VaultToken = Text("VaultToken"),
            StorageAccountUri = ReadAddress("StorageAccountUri"),
            RecordsAccountUri = ReadAddress("RecordsAccountUri"),
            StorageConnectionString = Text("StorageConnectionString"),
            Relay = ReadRelay(),
            RelaySasKeyName = Text("Relay:SasKeyName"),
            RelaySasKey = Text("Relay:SasKey"),
            Containers = ReadContainers(),
            Pipeline = ReadPipeline(),
        };
        Require(Text("VaultUri") is not null, "VaultUri", "must be set to the vault's address");
        Require(
            (Text("StorageAccountUri") is null) != (settings.StorageConnectionString is null),
            "StorageAccountUri", "or, for the emulator, Byok__StorageConnectionString must be set, and not both");
        Require(settings.StorageConnectionString is null || Text("RecordsAccountUri") is null, "RecordsAccountUri", "is not for the emulator, which holds all containers");
        Require(
            settings.VaultToken is null || settings.VaultUri is null or { IsLoopback: true },
            "VaultToken", "is for a vault on the loopback interface only; in Azure the app's identity is used");
        Require(
            settings.RelaySasKey is null || (settings.Relay is null ? Text("Relay:Namespace") is not null : settings.Relay.NamespaceAddress.IsLoopback),
            "Relay:SasKey", "is for a relay on the loopback interface only; in Azure the app's identity is used");
        Require(settings.RelaySasKey is null || settings.RelaySasKeyName is not null, "Relay:SasKeyName", "must be set with Byok__Relay__SasKey");
        Require(
            settings.Pipeline is not { AcceptedKeys: { } accepted } pipeline || pipeline.KeyPrefixes.Values.Append(pipeline.DefaultKey).All(name => name is null || accepted.Contains(name)),
            "AcceptedKeys", "must name the default key and the keys of all prefixes too, or their uploads are refused");
        return _faults.Count == 0 ? settings : throw new ConfigurationException($"The app's settings are wrong:\n  {string.Join("\n  ", _faults)}");
    }

    private RelayEndpoint? ReadRelay()
    {
        // A host name, or an address where the relay is on this machine.
        var address = Read(
            "Relay:Namespace",
            text => Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}", UriKind.Absolute, out var uri) ? uri : null,
            "must be the relay's host name");
        var path = Text("Relay:Path");
        Require(address is null || path is not null, "Relay:Path", "must be set to the hybrid connection's path");
        try
        {
            return address is null || path is null ? null : new RelayEndpoint(address, path);
        }
        catch (ConfigurationException exception)
        {
            _faults.Add($"Byok__Relay__Namespace, Byok__Relay__Path: {exception.Message}");
            return null;
        }
    }

    private StorageOptions ReadContainers()
    {
        var standard = new StorageOptions();
        Require(
            (Text("Containers:Uploads") ?? ByokSettings.UploadsContainer) == ByokSettings.UploadsContainer,
            "Containers:Uploads", $"must be '{ByokSettings.UploadsContainer}', which is the container that the blob trigger watches");
        return new StorageOptions
        {
            UploadsContainer = ByokSettings.UploadsContainer,
            ProtectedContainer = ReadContainer("Containers:Protected") ?? standard.ProtectedContainer,
            BranchesContainer = ReadContainer("Containers:Branches") ?? standard.BranchesContainer,
            LedgerContainer = ReadContainer("Containers:Ledger") ?? standard.LedgerContainer,
            AuditsContainer = ReadContainer("Containers:Audits") ?? standard.AuditsContainer,
        };
    }

    private PipelineOptions ReadPipeline()
    {
        var standard = new PipelineOptions();
        return new PipelineOptions
        {
            DefaultKey = Read("DefaultKey", text => KeyName.IsValid(text) ? text : null, "must be a key's name"),
            KeyPrefixes = Read("KeyPrefixes", ParsePrefixes, "must be 'prefix=key;prefix=key', each prefix once, each key a key's name") ?? [],
            AcceptedKeys = Read("AcceptedKeys", ParseAccepted, "must be 'key;key', at least one, each a key's name"),
            KeyCacheTime = ReadNumber("KeyCacheSeconds", 1, 3600) is { } seconds ? TimeSpan.FromSeconds(seconds) : standard.KeyCacheTime,
            KekLifetime = ReadHours("KekLifetimeHours") ?? standard.KekLifetime,
            RequiredApprovals = ReadNumber("RequiredApprovals", 0, 100) ?? standard.RequiredApprovals,
            AttestationRoots = ReadRoots(),
            GracePeriod = ReadHours("GracePeriodHours") ?? standard.GracePeriod,
            MaxKeyAge = ReadNumber("KeyMaximumAgeDays", 1, 3650) is { } days ? TimeSpan.FromDays(days) : standard.MaxKeyAge,
            MaxBranchAge = ReadNumber("BranchMaximumAgeDays", 1, 3650) is { } branchDays ? TimeSpan.FromDays(branchDays) : standard.MaxBranchAge,
            Verification = ReadChoice<VerificationScope>("Verify") ?? standard.Verification,
            Disposal = ReadChoice<PlaintextDisposal>("PlaintextDisposal") ?? standard.Disposal,
        };
    }

    private static string[]? ParseAccepted(string text)
    {
        var names = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length > 0 && names.All(KeyName.IsValid) ? names : null;
    }

    private static Dictionary<string, string>? ParsePrefixes(string text)
    {
        var prefixes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.LastIndexOf('=');
            if (at <= 0 || !KeyName.IsValid(pair[(at + 1)..]) || !prefixes.TryAdd(pair[..at], pair[(at + 1)..]))
            {
                return null;
            }
        }

        return prefixes;
    }

    private IReadOnlyList<X509Certificate2> ReadRoots()
    {
        try
        {
            return Text("AttestationRoots") is { } pem ? AttestationRoots.Parse(pem) : [];
        }
        catch (FormatException exception)
        {
            Require(false, "AttestationRoots", $"must be the HSM manufacturer's root certificates in PEM: {exception.Message.TrimEnd('.')}");
            return [];
        }
    }

    private Uri? ReadAddress(string name) => Read(
        name,
        text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri is { Query: "", Fragment: "", UserInfo: "" } ? uri : null,
        "must be an absolute https address, without query, fragment and user name");

    /// <summary>The service would refuse any other name at the first call only, in a message that shows it.</summary>
    private string? ReadContainer(string name) =>
        Read(name, text => ContainerName().IsMatch(text) ? text : null, "must be a container's name: 3 to 63 lower-case letters, digits and single hyphens");

    private int? ReadNumber(string name, int least, int most) => Read<int?>(
        name,
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null,
        $"must be a whole number from {least} to {most}");

    private TimeSpan? ReadHours(string name) => ReadNumber(name, 1, 24 * 365) is { } hours ? TimeSpan.FromHours(hours) : null;

    private T? ReadChoice<T>(string name)
        where T : struct, Enum =>
        Read<T?>(name, text => Enum.GetNames<T>().Contains(text) ? Enum.Parse<T>(text) : null, $"must be one of {string.Join(", ", Enum.GetNames<T>())}");

    /// <summary>A setting's value; null where it is not set, and where it is wrong, which is noted without the value.</summary>
    private T? Read<T>(string name, Func<string, T?> parse, string rule)
    {
        if (Text(name) is not { } text)
        {
            return default;
        }

        var value = parse(text);
        Require(value is not null, name, $"{rule}; {SettingText.Describe(text)}");
        return value;
    }

    private string? Text(string name) => section[name] is { Length: > 0 } text ? text : null;

    private void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            _faults.Add($"Byok__{name.Replace(":", "__", StringComparison.Ordinal)} {rule}.");
        }
    }

    [GeneratedRegex("^(?=.{3,63}\\z)[a-z0-9]+(-[a-z0-9]+)*\\z")]
    private static partial Regex ContainerName();
}
