using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Export.Approvals;
using Byok.Export.Policy;
using Byok.Relay.HybridConnections;

namespace Byok.Agent.Configuration;

/// <summary>Reads <c>agent.json</c> and checks all of it: files it names, keys, numbers, spelling.</summary>
public sealed class AgentSettingsReader
{
    private const int MaxFileInBytes = 1024 * 1024;

    private static readonly JsonSerializerOptions Options = new()
    {
        AllowDuplicateProperties = false,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 8,
    };

    private readonly SettingsFaults _faults = new();
    private readonly string _folder;

    private AgentSettingsReader(string path) => _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;

    /// <exception cref="ConfigurationException">Something is wrong; the message names everything that is, a line each.</exception>
    public static AgentSettings Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var reader = new AgentSettingsReader(path);
        var settings = reader.Check(Load(path));
        return reader._faults.All.Count == 0
            ? settings!
            : throw new ConfigurationException($"The settings in '{path}' are wrong:\n  {string.Join("\n  ", reader._faults.All)}");
    }

    private static AgentFile Load(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MaxFileInBytes
                ? JsonSerializer.Deserialize<AgentFile>(File.ReadAllBytes(path), Options) ?? throw new JsonException("null")
                : throw new ConfigurationException($"The settings file '{path}' is larger than {MaxFileInBytes} bytes.");
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException(
                $"The settings in '{path}' are not in their form, near line {(exception.LineNumber ?? 0) + 1} ({exception.Path ?? "$"}): a value of the wrong type, a member twice, or no JSON.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The settings file '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    private AgentSettings? Check(AgentFile file)
    {
        _faults.Unknown(file, string.Empty);
        if (!CheckPaths(file))
        {
            return null;
        }

        var hasState = _faults.Require(file.StateFolder, "stateFolder", "the folder where the agent keeps its record");
        var token = CheckToken(file.Token);
        var relay = CheckRelay(file.Relay);
        var policy = CheckPolicy(file.Policy, CheckApprovers(file.Approvers));
        return hasState && token is not null && relay is not null && policy is not null
            ? new AgentSettings(
                Full(file.StateFolder!), token, relay, file.Relay!.SasKeyName, file.Relay.SasKeyFile is { } keyFile ? Full(keyFile) : null,
                file.Relay.Listeners ?? 1, policy, file.Policy!.FetchKekFromVault ?? true)
            : null;
    }

    /// <summary>JSON can say a null character, a path cannot hold one.</summary>
    private bool CheckPaths(AgentFile file)
    {
        List<(string Member, string? Path)> paths =
        [
            ("stateFolder", file.StateFolder),
            ("token.module", file.Token?.Module),
            ("token.pinFile", file.Token?.PinFile),
            ("relay.sasKeyFile", file.Relay?.SasKeyFile),
            .. (file.Approvers ?? []).Select((approver, index) => ($"approvers[{index}].publicKeyFile", approver?.PublicKeyFile)),
        ];
        var impossible = paths.FindAll(path => path.Path?.Contains('\0') == true);
        impossible.ForEach(path => _faults.Add(path.Member, "holds a null character, which no path does."));
        return impossible.Count == 0;
    }

    private TokenSettings? CheckToken(AgentFile.TokenSection? token)
    {
        if (!_faults.Require(token, "token", "the section that names the HSM"))
        {
            return null;
        }

        _faults.Unknown(token, "token.");
        if (_faults.Require(token!.Module, "token.module", "the path of the PKCS#11 module") && !File.Exists(Full(token.Module!)))
        {
            _faults.Add("token.module", NoFile(token.Module!));
        }

        if (string.IsNullOrEmpty(token.Label) == string.IsNullOrEmpty(token.SerialNumber))
        {
            _faults.Add("token", "exactly one of 'label' and 'serialNumber' names the token.");
        }

        CheckSecretFile(token.PinFile, "token.pinFile", "the file that holds the token's PIN");
        return token.Module is null || token.PinFile is null
            ? null
            : new TokenSettings(Full(token.Module), token.Label, token.SerialNumber, Full(token.PinFile), token.VendorKeyWrapMechanism);
    }

    private RelayEndpoint? CheckRelay(AgentFile.RelaySection? relay)
    {
        if (!_faults.Require(relay, "relay", "the section that names the hybrid connection"))
        {
            return null;
        }

        _faults.Unknown(relay, "relay.");
        _ = _faults.Number(relay!.Listeners, "relay.listeners", 1, 1, 5);
        if ((relay.SasKeyName is null) != (relay.SasKeyFile is null))
        {
            _faults.Add("relay", "'sasKeyName' and 'sasKeyFile' go together; without both the agent uses Entra ID.");
        }
        else if (relay.SasKeyFile is not null)
        {
            CheckSecretFile(relay.SasKeyFile, "relay.sasKeyFile", "the file that holds the access rule's key");
        }

        var hasNamespace = _faults.Require(relay.Namespace, "relay.namespace", "the address of the relay, https://NAME.servicebus.windows.net");
        var hasPath = _faults.Require(relay.Path, "relay.path", "the name of the hybrid connection");
        if (!hasNamespace || !hasPath)
        {
            return null;
        }

        if (!Uri.TryCreate(relay.Namespace, UriKind.Absolute, out var address))
        {
            _faults.Add("relay.namespace", $"is not the address of a relay, https://NAME.servicebus.windows.net; {SettingText.Describe(relay.Namespace)}.");
            return null;
        }

        return _faults.Try("relay", () => new RelayEndpoint(address, relay.Path!));
    }

    private ExportPolicy? CheckPolicy(AgentFile.PolicySection? policy, IReadOnlyList<Approver> approvers)
    {
        if (!_faults.Require(policy, "policy", "the section that says what the agent may do"))
        {
            return null;
        }

        _faults.Unknown(policy, "policy.");
        if (_faults.Require(policy!.RequiredApprovals, "policy.requiredApprovals", "how many approvers must sign each export (0 for none)")
            && (policy.RequiredApprovals < 0 || policy.RequiredApprovals > approvers.Count))
        {
            _faults.Add("policy.requiredApprovals", $"is {policy.RequiredApprovals}, but {approvers.Count} approvers are named.");
        }

        var generation = policy.Generation;
        _faults.Unknown(generation, "policy.generation.");
        return new ExportPolicy
        {
            Vaults = CheckVaults(policy.Vaults),
            Keys = CheckLabels(policy.Keys, "policy.keys", "the labels of the keys that may leave the HSM"),
            Approvers = approvers,
            RequiredApprovals = policy.RequiredApprovals ?? 0,
            MinimumKekSizeInBits = CheckSize(policy.MinimumKekSizeInBits ?? 2048, "policy.minimumKekSizeInBits"),
            MaximumValidity = TimeSpan.FromMinutes(_faults.Number(policy.MaximumValidityInMinutes, "policy.maximumValidityInMinutes", 1440, 1, 10080)),
            ExportsPerHour = _faults.Number(policy.ExportsPerHour, "policy.exportsPerHour", 20, 1, 1000),
            RequestsPerHour = _faults.Number(policy.RequestsPerHour, "policy.requestsPerHour", 1000, 1, 100_000),
            GeneratedKeys = generation is null ? [] : CheckLabels(generation.Keys, "policy.generation.keys", "the labels of the keys that may be generated"),
            GeneratedKeySizesInBits = [.. (generation?.SizesInBits ?? [3072, 4096]).Select(size => CheckSize(size, "policy.generation.sizesInBits"))],
            GeneratedKeysPerHour = _faults.Number(generation?.PerHour, "policy.generation.perHour", 5, 1, 100),
        };
    }

    private List<Uri> CheckVaults(List<string?>? vaults)
    {
        var checkedVaults = new List<Uri>();
        if (vaults is not { Count: > 0 })
        {
            _faults.Add("policy.vaults", "is missing; it is the list of the vaults that keys may go to.");
        }

        foreach (var (vault, index) in (vaults ?? []).Select((vault, index) => (vault, index)))
        {
            if (Uri.TryCreate(vault, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
                && address is { AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" })
            {
                checkedVaults.Add(address);
            }
            else
            {
                _faults.Add($"policy.vaults[{index}]", $"is not the address of a vault, https://NAME.vault.azure.net; {SettingText.Describe(vault)}.");
            }
        }

        return checkedVaults;
    }

    private List<LabelPattern> CheckLabels(List<string?>? labels, string member, string meaning)
    {
        if (labels is not { Count: > 0 })
        {
            _faults.Add(member, $"is missing; it is the list of {meaning}.");
        }

        return [.. (labels ?? []).Select((label, index) => _faults.Try($"{member}[{index}]", () => new LabelPattern(label ?? string.Empty))).OfType<LabelPattern>()];
    }

    private List<Approver> CheckApprovers(List<AgentFile.ApproverSection?>? sections)
    {
        var approvers = new List<Approver>();
        var members = new List<string>();
        foreach (var (section, index) in (sections ?? []).Select((section, index) => (section, index)))
        {
            var member = $"approvers[{index}]";
            _faults.Unknown(section, member + ".");
            if (!_faults.Require(section?.Name, member + ".name", "the approver's name")
                || !_faults.Require(section?.PublicKeyFile, member + ".publicKeyFile", "the file of the approver's public key")
                || _faults.Try(member, () => ApprovalKey.FromPem(File.ReadAllText(Full(section!.PublicKeyFile!)))) is not { } key)
            {
                continue;
            }

            if (approvers.FindIndex(other => other.Name == section!.Name || other.Key.Thumbprint == key.Thumbprint) is >= 0 and var same)
            {
                _faults.Add(member, $"has the name or the key of {members[same]}; one person counts once.");
                continue;
            }

            members.Add(member);
            approvers.Add(new Approver(section!.Name!, key));
        }

        return approvers;
    }

    private void CheckSecretFile(string? path, string member, string meaning)
    {
        if (!_faults.Require(path, member, meaning))
        {
            return;
        }

        var file = Full(path!);
        if (!File.Exists(file))
        {
            _faults.Add(member, NoFile(path!));
        }
        else if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & (UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
        {
            _faults.Add(member, $"'{file}' may be read or written by others; set its mode to 0600.");
        }
    }

    private int CheckSize(int sizeInBits, string member)
    {
        if (sizeInBits is not (2048 or 3072 or 4096))
        {
            _faults.Add(member, $"is {sizeInBits}; it must be 2048, 3072 or 4096.");
        }

        return sizeInBits;
    }

    /// <summary>Not the path itself: it may be the secret that belongs into the file.</summary>
    private string NoFile(string path) => $"there is no file of that path, which is taken from '{_folder}' where it is relative; {SettingText.Describe(path)}.";

    private string Full(string path) => Path.GetFullPath(path, _folder);
}
