using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Local.Processes;
using Byok.Local.Storage;
using Byok.Local.Vault;

namespace Byok.Local.Stack;

/// <summary>What the local stack remembers between commands. Holds no secret.</summary>
public sealed record StackState
{
    private const string ChecksumMember = ",\"checksum\":\"";

    /// <summary>What runs the pipeline.</summary>
    public StackHost Host { get; init; }

    /// <summary>The emulator as it was last started.</summary>
    public AzuriteServer? Azurite { get; init; }

    /// <summary>The dev relay as it was last started.</summary>
    public BackgroundProcess? Relay { get; init; }

    /// <summary>Where the dev relay listens.</summary>
    public Uri? RelayAddress { get; init; }

    /// <summary>The agent as it was last started.</summary>
    public BackgroundProcess? Agent { get; init; }

    /// <summary>The vault that the agent exports to, as it was last started.</summary>
    public Uri? AgentVault { get; init; }

    /// <summary>Where the vault is served by the Key Vault protocol, chosen at the first start on the Functions host; it stands in key ids from then on.</summary>
    public Uri? VaultAddress { get; init; }

    /// <summary>The vault's endpoint as it was last started.</summary>
    public BackgroundProcess? Vault { get; init; }

    /// <summary>The Functions app as it was last started.</summary>
    public BackgroundProcess? Functions { get; init; }

    /// <summary>The Functions app's files, and the command that runs them, as they were last started.</summary>
    public FunctionsApp? FunctionsApp { get; init; }

    /// <summary>Where the Functions app listens.</summary>
    public Uri? FunctionsAddress { get; init; }

    /// <summary>What the Functions app was told at its start; it is started again when that changes.</summary>
    public string? FunctionsSettings { get; init; }

    /// <summary>The vault's address.</summary>
    [JsonIgnore]
    public Uri VaultUri => VaultAddress ?? new LocalVaultOptions().VaultUri;

    /// <summary>How many approvals the agent asks for.</summary>
    public int RequiredApprovals { get; init; }

    /// <summary>The wrapping key for uploads that name none: the first that was brought.</summary>
    public string? DefaultKey { get; init; }

    /// <summary>The names of all keys that were ever brought, apart by semicolons: those that may protect blobs.</summary>
    public string? BroughtKeys { get; init; }

    /// <summary>The serial number of the token that plays the customer's HSM; null until it was seen.</summary>
    public string? HsmSerialNumber { get; init; }

    /// <summary>When the loss of that token's keys was accepted; only keys that were brought since are expected in it.</summary>
    public DateTimeOffset? HsmSince { get; init; }

    /// <summary>The serial number of the token that plays the vault's HSM; null until it was seen.</summary>
    public string? VaultSerialNumber { get; init; }

    /// <summary>The processes, by name, in the order of their start.</summary>
    public IEnumerable<(string Name, BackgroundProcess? Process)> Processes()
    {
        (string, BackgroundProcess?)[] always = [("azurite", Azurite?.Process), ("relay", Relay), ("agent", Agent)];
        return Host == StackHost.Functions || Vault is not null || Functions is not null ? [.. always, ("vault", Vault), ("functions", Functions)] : always;
    }

    /// <summary>Whether all processes run.</summary>
    public bool IsUp() => Processes().All(process => process.Process is { IsRunning: true });

    public static StackState Load(StackPaths paths)
    {
        if (!File.Exists(paths.StackFile))
        {
            return new StackState();
        }

        try
        {
            var file = File.ReadAllBytes(paths.StackFile);
            return (IsIntact(file) ? JsonSerializer.Deserialize<StackState>(file, OrchestrationJson.Options) : null)
                ?? throw new JsonException("The file holds null, or not what was written.");
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException(
                $"'{paths.StackFile}' is damaged; delete it and run 'byok up' again, which takes approvals, default key and tokens from where else they are kept, and names what still runs. Keys and blobs are not in it.",
                exception);
        }
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Save(StackPaths paths)
    {
        Directory.CreateDirectory(paths.Home);
        var draft = paths.StackFile + ".draft";
        File.WriteAllBytes(draft, Seal(JsonSerializer.SerializeToUtf8Bytes(this, OrchestrationJson.Options)));
        File.Move(draft, paths.StackFile, overwrite: true);
    }

    /// <summary>Adds the last member: SHA-256 over the file without it. It finds damage, not intent.</summary>
    private static byte[] Seal(byte[] json) => [.. json.AsSpan()[..^1], .. Encoding.ASCII.GetBytes($"{ChecksumMember}{Convert.ToHexStringLower(SHA256.HashData(json))}\"}}")];

    /// <summary>A file without the member was written before there was one.</summary>
    private static bool IsIntact(byte[] file)
    {
        var place = file.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(ChecksumMember));
        return place < 0 || file.AsSpan().SequenceEqual(Seal([.. file.AsSpan()[..place], (byte)'}']));
    }
}
