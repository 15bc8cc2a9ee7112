using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Durable;
using Byok.Local.Stack.Operations;
using Byok.Local.Vault;
using Byok.Pipeline;
using Byok.Storage;
using Byok.Storage.Ledger;

namespace Byok.Local.Stack;

/// <summary>
/// The pipeline composed for one machine: Azurite, the vault's token, the HSM behind relay and agent; and the way to have it work, on either host.
/// Opened by each command; the processes behind it are started by <c>byok up</c>.
/// </summary>
public sealed class LocalStack : IAsyncDisposable
{
    /// <summary>On either host. Shorter than in Azure: a rotation waits for it, and asking the local vault costs next to nothing.</summary>
    public static readonly TimeSpan KeyCacheTime = TimeSpan.FromSeconds(5);

    private readonly LocalTokens _tokens;
    private readonly HsmConnection _hsm;

    private LocalStack(
        StackPaths paths, StackHost host, PipelineOptions options, LocalTokens tokens, HsmConnection hsm, StorageAccount storage, PipelineCatalog catalog, IOperations operations)
    {
        Paths = paths;
        Host = host;
        Options = options;
        _tokens = tokens;
        _hsm = hsm;
        Storage = storage;
        Catalog = catalog;
        Operations = operations;
    }

    public StackPaths Paths { get; }

    public StackHost Host { get; }

    public PipelineOptions Options { get; }

    public IKeyVault Vault => _tokens.Vault;

    public StorageAccount Storage { get; }

    public PipelineCatalog Catalog { get; }

    public IOperations Operations { get; }

    /// <exception cref="ConfigurationException">The stack is not up.</exception>
    public static Task<LocalStack> OpenAsync(CancellationToken cancellationToken) => OpenAsync(null, cancellationToken);

    /// <param name="configure">Changes the settings; null to leave them.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ConfigurationException">The stack is not up.</exception>
    public static async Task<LocalStack> OpenAsync(Func<PipelineOptions, PipelineOptions>? configure, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        if (state.Azurite is not { Process.IsRunning: true } azurite || state.RelayAddress is null)
        {
            throw new ConfigurationException($"The local stack in '{paths.Home}' is not up; run 'byok up' first.");
        }

        StackDisk.Require(paths, 0);
        var time = TimeProvider.System;
        var storage = StorageAccount.OpenEmulator(azurite.ConnectionString);
        var tokens = await LocalTokens.OpenAsync(paths, state, time, cancellationToken).ConfigureAwait(false);
        var hsm = HsmConnection.Open(paths, state);
        try
        {
            var options = new PipelineOptions
            {
                FindDefaultKey = () => StackState.Load(paths).DefaultKey, // the first key may be brought while this process serves
                FindAcceptedKeys = () => BroughtKey.NamesIn(StackState.Load(paths).BroughtKeys),
                RequiredApprovals = state.RequiredApprovals,
                KeyCacheTime = KeyCacheTime,
            };
            options = configure?.Invoke(options) ?? options;
            var catalog = new PipelineCatalog(new PipelineServices(
                tokens.Vault, hsm.Hsm, storage, new BlobLedger(storage.Ledger, time), options, time));
            var operations = await OpenOperationsAsync(paths, state, catalog, time).ConfigureAwait(false);
            return new LocalStack(paths, state.Host, options, tokens, hsm, storage, catalog, operations);
        }
        catch
        {
            hsm.Dispose();
            tokens.Dispose();
            throw;
        }
    }

    /// <summary>Opens the vault under another address as well; the caller disposes of it, before this stack.</summary>
    public Task<LocalVault> OpenVaultAsync(Uri address, CancellationToken cancellationToken) =>
        _tokens.OpenVaultAsync(Paths, address, TimeProvider.System, cancellationToken);

    /// <summary>Says so when nobody is beside the HSM to export a key: an operation that needs one waits for it, as long as its KEK lives.</summary>
    public void TellIfTheAgentIsDown(Action<string> tell)
    {
        if (StackState.Load(Paths).Agent is not { IsRunning: true })
        {
            tell("the agent beside the HSM is not running: this waits for it, and 'byok up' starts it");
        }
    }

    /// <summary>Runs an orchestration to its end, or goes on watching one that runs already.</summary>
    /// <exception cref="ByokException">The orchestration failed; the failure's own type.</exception>
    public async Task<TOutput> RunAsync<TOutput>(
        string name, object input, string instanceId, Action<OrchestrationStatus> report, CancellationToken cancellationToken)
    {
        await Operations.StartAsync(name, input, instanceId, cancellationToken).ConfigureAwait(false);
        var status = await Operations.FollowAsync(instanceId, report, cancellationToken).ConfigureAwait(false);
        return status.State == OrchestrationState.Completed
            ? status.Output!.Value.Deserialize<TOutput>(OrchestrationJson.Options)!
            : throw (status.Failure?.ToException() ?? new ConflictException($"The operation '{instanceId}' was terminated."));
    }

    public async ValueTask DisposeAsync()
    {
        await Operations.DisposeAsync().ConfigureAwait(false);
        Catalog.Dispose();
        _hsm.Dispose();
        _tokens.Dispose();
    }

    private static async Task<IOperations> OpenOperationsAsync(StackPaths paths, StackState state, PipelineCatalog catalog, TimeProvider time) => state switch
    {
        { Host: StackHost.Embedded } => new EmbeddedOperations(
            await DurableEngine.OpenAsync(paths.Journal, PipelineCatalog.Orchestrations, catalog.Activities, new DurableEngineOptions(), time).ConfigureAwait(false)),
        { FunctionsAddress: { } address } => new HttpOperations(address, FunctionsApp.FunctionKey),
        _ => throw new ConfigurationException($"The Functions app of the local stack in '{paths.Home}' is not up; run 'byok up' first."),
    };
}
