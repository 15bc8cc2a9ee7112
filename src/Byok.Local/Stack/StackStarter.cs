using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Local.Processes;
using Byok.Local.Storage;
using Byok.Local.Vault;
using Byok.Storage;

namespace Byok.Local.Stack;

/// <summary>Starts what of the local stack does not run: storage emulator, dev relay, and the agent beside the token that plays the HSM.</summary>
public sealed class StackStarter(StackPaths paths)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<StackState> StartAsync(StackRequest request, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(paths.Logs);
        StackDisk.Require(paths, 0);
        var evidence = StackEvidence.Read(paths, request);
        var state = evidence.ToState();
        if (state.Functions is { } app)
        {
            await app.StopRemainsAsync(paths.LockOf("functions"), StackProcess.Grace, cancellationToken).ConfigureAwait(false);
        }

        RefuseIfOthersRun(state);
        var functions = (request.Host ?? state.Host) == StackHost.Functions ? new FunctionsStarter(paths, FunctionsApp.Find()) : null;
        (state, var hsmToken) = await EnsureTokensAsync(state, evidence, request, cancellationToken).ConfigureAwait(false);
        state = await ChangeHostAsync(state, request.Host ?? state.Host, cancellationToken).ConfigureAwait(false);
        if (state.Azurite is not { Process.IsRunning: true })
        {
            // Where it was before, if it can be: a server that runs goes on then.
            var azurite = await AzuriteServer.StartAsync(paths.Azurite, paths.LogOf("azurite"), cancellationToken, state.Azurite).ConfigureAwait(false);
            state = state with { Azurite = azurite };
            state.Save(paths);
        }

        var storage = StorageAccount.OpenEmulator(state.Azurite.ConnectionString);
        await storage.EnsureContainersAsync(cancellationToken).ConfigureAwait(false);
        state = await StartHsmSideAsync(state, hsmToken, cancellationToken).ConfigureAwait(false);
        return functions is null ? state : await functions.StartAsync(state, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the tokens, and the vault, when nothing says that they were there; refuses when they were and are not. Nothing is saved before that is known.</summary>
    private async Task<(StackState State, LocalTokens.HsmToken HsmToken)> EnsureTokensAsync(
        StackState state, StackEvidence evidence, StackRequest request, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        IReadOnlyList<BroughtKey> brought;
        using (var tokens = await LocalTokens.OpenAsync(
            paths, state.VaultUri, evidence.VaultToken(), request.AcceptsTokenLoss, time, cancellationToken).ConfigureAwait(false))
        {
            brought = await BroughtKey.ListAsync(tokens.Vault, cancellationToken).ConfigureAwait(false);
            state = state with
            {
                VaultSerialNumber = tokens.VaultSerialNumber,
                BroughtKeys = brought.Aggregate(state.BroughtKeys, (names, key) => BroughtKey.With(names, key.Name)),
                DefaultKey = DefaultKey.Find(state.DefaultKey, request.DefaultKey is not null, evidence.IsStateLost, brought),
            };
        }

        IReadOnlyList<BroughtKey> expected = [.. brought.Where(key => state.HsmSince is not { } since || key.CreatedOn > since)];
        var hsmToken = await LocalTokens.EnsureHsmTokenAsync(
            paths, evidence.HsmToken(brought.Count > 0), expected, request.AcceptsTokenLoss, cancellationToken).ConfigureAwait(false);
        return (state with { HsmSerialNumber = hsmToken.SerialNumber, HsmSince = hsmToken.LacksKeys ? time.GetUtcNow() : state.HsmSince }, hsmToken);
    }

    /// <summary>The vault's address stands in key ids, so once chosen it stays, on either host.</summary>
    private async Task<StackState> ChangeHostAsync(StackState state, StackHost host, CancellationToken cancellationToken)
    {
        if (host == StackHost.Functions)
        {
            state = state with { Host = host, VaultAddress = state.VaultAddress ?? VaultEndpoint.VaultEndpoint.ChooseAddress() };
        }
        else
        {
            await StackProcess.StopAsync(state.Functions, cancellationToken).ConfigureAwait(false);
            await StackProcess.StopAsync(state.Vault, cancellationToken).ConfigureAwait(false);
            state = state with { Host = host, Functions = null, FunctionsAddress = null, FunctionsSettings = null, Vault = null };
        }

        await KeptSettings.WriteAsync(paths, state, cancellationToken).ConfigureAwait(false);
        return state;
    }

    /// <summary>When the state was lost, what it named may still run; a second emulator on the same data would ruin it.</summary>
    private void RefuseIfOthersRun(StackState state)
    {
        var others = state.Processes()
            .Where(process => process.Process is not { IsRunning: true })
            .Select(process => BackgroundProcess.FindHolder(paths.LockOf(process.Name)))
            .OfType<int>()
            .ToList();
        if (others.Count > 0)
        {
            throw new AlreadyRunningException(
                $"Processes of this stack still run although '{paths.StackFile}' does not name them; end them with 'kill {string.Join(' ', others)}', then run 'byok up' again. Keys and blobs stay.");
        }
    }

    private async Task<StackState> StartHsmSideAsync(StackState state, LocalTokens.HsmToken hsmToken, CancellationToken cancellationToken)
    {
        var isNewRelay = state.Relay is not { IsRunning: true };
        if (isNewRelay)
        {
            state = await StartRelayAsync(state, cancellationToken).ConfigureAwait(false);
        }

        var rules = AgentRules.Read(paths);
        var isNewPolicy = rules.RequiredApprovals != state.RequiredApprovals || rules.SerialNumber != hsmToken.SerialNumber;
        if (state.Agent is { IsRunning: true } agent)
        {
            var isNewVault = (state.AgentVault ?? new LocalVaultOptions().VaultUri) != state.VaultUri;
            if (!isNewRelay && !isNewPolicy && !isNewVault)
            {
                return state;
            }

            await StackProcess.StopAsync(agent, cancellationToken).ConfigureAwait(false);
        }

        WriteAgentFile(state, hsmToken);
        var environment = new Dictionary<string, string> { ["SOFTHSM2_CONF"] = hsmToken.ConfigurationFile };
        state = state with
        {
            Agent = BackgroundProcess.Start(
                "dotnet", [StackProcess.ProgramFile("byok-agent.dll"), "run", "--config", paths.AgentFile], paths.LogOf("agent"), paths.LockOf("agent"), environment),
            AgentVault = state.VaultUri,
        };
        state.Save(paths);
        await WaitForAgentAsync(state, cancellationToken).ConfigureAwait(false);
        return state;
    }

    private async Task<StackState> StartRelayAsync(StackState state, CancellationToken cancellationToken)
    {
        RelayKeys.Ensure(paths);
        // Where it was before, if it can be: commands under way know that address.
        string[] port = state.RelayAddress is { } before ? ["--port", $"{before.Port}"] : [];
        var (process, address) = await StackProcess.StartServerAsync(paths, "dev relay", "relay", ["dev-relay", .. port], Patience, cancellationToken).ConfigureAwait(false);
        state = state with { Relay = process, RelayAddress = new Uri(address) };
        state.Save(paths);
        return state;
    }

    /// <summary>The agent's own rules. On one machine it may export and generate any key, to this vault only.</summary>
    private void WriteAgentFile(StackState state, LocalTokens.HsmToken hsmToken)
    {
        // One approver more than must approve, so that M of N can be seen.
        var approvers = state.RequiredApprovals == 0 ? [] : ApproverKeys.Ensure(paths, state.RequiredApprovals + 1);
        var settings = new
        {
            stateFolder = paths.AgentState,
            token = new { module = hsmToken.Module, serialNumber = hsmToken.SerialNumber, pinFile = hsmToken.PinFile },
            relay = new
            {
                @namespace = state.RelayAddress,
                path = RelayKeys.HybridConnection,
                sasKeyName = RelayKeys.ListenName,
                sasKeyFile = RelayKeys.FileOf(paths, RelayKeys.ListenName),
            },
            policy = new
            {
                vaults = new[] { state.VaultUri },
                keys = new[] { "*" },
                requiredApprovals = state.RequiredApprovals,
                exportsPerHour = 1000,
                requestsPerHour = 100_000,
                fetchKekFromVault = false,
                generation = new { keys = new[] { "*" }, sizesInBits = new[] { 2048, 3072, 4096 }, perHour = 100 },
            },
            approvers = approvers.Select(approver => new { name = approver.Name, publicKeyFile = approver.PublicKeyFile }),
        };
        var draft = paths.AgentFile + ".draft";
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(settings, new JsonSerializerOptions(OrchestrationJson.Options) { WriteIndented = true }));
        File.Move(draft, paths.AgentFile, overwrite: true);
    }

    private async Task WaitForAgentAsync(StackState state, CancellationToken cancellationToken)
    {
        using var connection = HsmConnection.Open(paths, state);
        await StackProcess.WaitAsync("agent", state.Agent!, Patience, async waiting =>
        {
            try
            {
                await connection.Hsm.DescribeAsync(waiting).ConfigureAwait(false);
                return true;
            }
            catch (TransientByokException)
            {
                return false; // not connected yet
            }
        }, cancellationToken).ConfigureAwait(false);
    }
}
