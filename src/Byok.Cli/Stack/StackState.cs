using System.Text.Json;
using System.Text.Json.Serialization;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Local.Processes;
using Byok.Local.Storage;
using Byok.Local.Vault;

namespace Byok.Cli.Stack;

/// <summary>What the local stack remembers between commands. Holds no secret.</summary>
internal sealed record StackState
{
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
            return JsonSerializer.Deserialize<StackState>(File.ReadAllBytes(paths.StackFile), OrchestrationJson.Options)
                ?? throw new JsonException("The file holds null.");
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException(
                $"'{paths.StackFile}' is damaged; delete it and run 'byok up' again, which names what still runs. Keys and blobs are not in it.", exception);
        }
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Save(StackPaths paths)
    {
        Directory.CreateDirectory(paths.Home);
        var draft = paths.StackFile + ".draft";
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(this, OrchestrationJson.Options));
        File.Move(draft, paths.StackFile, overwrite: true);
    }
}
