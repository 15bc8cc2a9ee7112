using System.Text.Json;
using Azure.Storage.Blobs;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Local.Durable;
using Byok.Pipeline;
using Byok.Storage;
using Byok.Storage.Ledger;

namespace Byok.Cli.Stack;

/// <summary>
/// The pipeline composed for one machine: Azurite, the vault's token, the HSM behind relay and agent, and the embedded engine.
/// Opened by each command; the processes behind it are started by <c>byok up</c>.
/// </summary>
internal sealed class LocalStack : IAsyncDisposable
{
    /// <summary>Shorter than in Azure: a rotation waits for it, and asking the local vault costs next to nothing.</summary>
    private static readonly TimeSpan KeyCacheTime = TimeSpan.FromSeconds(5);

    private readonly LocalTokens _tokens;
    private readonly HsmConnection _hsm;
    private bool _isEngineStarted;

    private LocalStack(
        StackPaths paths, PipelineOptions options, LocalTokens tokens, HsmConnection hsm, StorageAccount storage, PipelineCatalog catalog, DurableEngine engine)
    {
        Paths = paths;
        Options = options;
        _tokens = tokens;
        _hsm = hsm;
        Storage = storage;
        Catalog = catalog;
        Engine = engine;
    }

    public StackPaths Paths { get; }

    public PipelineOptions Options { get; }

    public IKeyVault Vault => _tokens.Vault;

    public StorageAccount Storage { get; }

    public PipelineCatalog Catalog { get; }

    public DurableEngine Engine { get; }

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
        var storage = new StorageAccount(new BlobServiceClient(azurite.ConnectionString, StorageAccount.CreateClientOptions()));
        var tokens = await LocalTokens.OpenAsync(paths, time, cancellationToken).ConfigureAwait(false);
        var hsm = HsmConnection.Open(paths, state);
        try
        {
            var options = new PipelineOptions { DefaultKey = state.DefaultKey, RequiredApprovals = state.RequiredApprovals, KeyCacheTime = KeyCacheTime };
            options = configure?.Invoke(options) ?? options;
            var catalog = new PipelineCatalog(new PipelineServices(
                tokens.Vault, hsm.Hsm, storage, new BlobLedger(storage.Ledger, time), options, time));
            var engine = await DurableEngine.OpenAsync(paths.Journal, PipelineCatalog.Orchestrations, catalog.Activities, new DurableEngineOptions(), time).ConfigureAwait(false);
            return new LocalStack(paths, options, tokens, hsm, storage, catalog, engine);
        }
        catch
        {
            hsm.Dispose();
            tokens.Dispose();
            throw;
        }
    }

    /// <summary>Begins working: on what is scheduled from now on, and on what a process that died left behind.</summary>
    public async Task StartEngineAsync()
    {
        if (!_isEngineStarted)
        {
            await Engine.StartAsync().ConfigureAwait(false);
            _isEngineStarted = true;
        }
    }

    /// <summary>Runs an orchestration to its end, or goes on watching one that runs already.</summary>
    /// <exception cref="ByokException">The orchestration failed; the failure's own type.</exception>
    public async Task<TOutput> RunAsync<TOutput>(
        string name, object input, string instanceId, Action<OrchestrationStatus> report, CancellationToken cancellationToken)
    {
        await StartEngineAsync().ConfigureAwait(false);
        await Engine.ScheduleAsync(name, input, instanceId, cancellationToken).ConfigureAwait(false);
        var status = await Engine.WaitAsync(instanceId, new Immediate(report), cancellationToken).ConfigureAwait(false);
        return status.State == OrchestrationState.Completed
            ? status.Output!.Value.Deserialize<TOutput>(OrchestrationJson.Options)!
            : throw (status.Failure?.ToException() ?? new ConflictException($"The operation '{instanceId}' was terminated."));
    }

    /// <summary>Makes the first key that was brought the default for uploads that name none.</summary>
    public void RememberDefaultKey(string name)
    {
        var state = StackState.Load(Paths);
        if (state.DefaultKey is null)
        {
            (state with { DefaultKey = name }).Save(Paths);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync().ConfigureAwait(false);
        Catalog.Dispose();
        _hsm.Dispose();
        _tokens.Dispose();
    }

    private sealed class Immediate(Action<OrchestrationStatus> report) : IProgress<OrchestrationStatus>
    {
        public void Report(OrchestrationStatus value) => report(value);
    }
}
