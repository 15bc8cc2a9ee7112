using System.Text.Json;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Durable;
using Byok.Local.Stack.Operations;
using Byok.Local.Vault;
using Byok.Pipeline;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Storage;
using Microsoft.Extensions.DependencyInjection;

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
    private readonly ServiceProvider _pipeline;

    private LocalStack(StackPaths paths, StackHost host, LocalTokens tokens, HsmConnection hsm, ServiceProvider pipeline, IOperations operations)
    {
        Paths = paths;
        Host = host;
        _tokens = tokens;
        _hsm = hsm;
        _pipeline = pipeline;
        Options = pipeline.GetRequiredService<PipelineOptions>();
        Storage = pipeline.GetRequiredService<StorageAccount>();
        Selection = pipeline.GetRequiredService<KeySelection>();
        Branches = pipeline.GetRequiredService<BranchKeyRing>();
        BranchKeeper = pipeline.GetRequiredService<BranchKeeper>();
        Rebuilder = pipeline.GetRequiredService<BranchRebuilder>();
        Reader = pipeline.GetRequiredService<ProtectedBlobReader>();
        Audits = pipeline.GetRequiredService<AuditArchive>();
        Operations = operations;
    }

    public StackPaths Paths { get; }

    public StackHost Host { get; }

    public PipelineOptions Options { get; }

    public IKeyVault Vault => _tokens.Vault;

    public StorageAccount Storage { get; }

    public KeySelection Selection { get; }

    public BranchKeyRing Branches { get; }

    public BranchKeeper BranchKeeper { get; }

    public BranchRebuilder Rebuilder { get; }

    public ProtectedBlobReader Reader { get; }

    public AuditArchive Audits { get; }

    public IOperations Operations { get; }

    /// <exception cref="ConfigurationException">The stack is not up.</exception>
    public static Task<LocalStack> OpenAsync(CancellationToken cancellationToken) => OpenAsync(null, cancellationToken);

    /// <param name="configure">Changes the settings; null to leave them.</param>
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
        var tokens = await LocalTokens.OpenAsync(paths, state, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        var hsm = HsmConnection.Open(paths, state);
        ServiceProvider? pipeline = null;
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
            pipeline = new ServiceCollection()
                .AddSingleton<IKeyVault>(tokens.Vault)
                .AddSingleton(hsm.Hsm)
                .AddSingleton(StorageAccount.OpenEmulator(azurite.ConnectionString))
                .AddByokPipeline(options)
                .BuildServiceProvider();
            return new LocalStack(paths, state.Host, tokens, hsm, pipeline, await OpenOperationsAsync(paths, state, pipeline).ConfigureAwait(false));
        }
        catch
        {
            pipeline?.Dispose();
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
            : throw (status.Failure?.ToException() ?? new OperationTerminatedException($"The operation '{instanceId}' was terminated."));
    }

    public async ValueTask DisposeAsync()
    {
        await Operations.DisposeAsync().ConfigureAwait(false);
        await _pipeline.DisposeAsync().ConfigureAwait(false);
        _hsm.Dispose();
        _tokens.Dispose();
    }

    private static async Task<IOperations> OpenOperationsAsync(StackPaths paths, StackState state, ServiceProvider pipeline) => state switch
    {
        { Host: StackHost.Embedded } => new EmbeddedOperations(await DurableEngine.OpenAsync(
            paths.Journal,
            pipeline.GetServices<OrchestrationDescriptor>(),
            pipeline.GetServices<ActivityDescriptor>(),
            new DurableEngineOptions(),
            pipeline.GetRequiredService<TimeProvider>()).ConfigureAwait(false)),
        { FunctionsAddress: { } address } => new HttpOperations(address, FunctionsApp.FunctionKey),
        _ => throw new ConfigurationException($"The Functions app of the local stack in '{paths.Home}' is not up; run 'byok up' first."),
    };
}
