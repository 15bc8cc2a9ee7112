using Azure.Storage.Blobs;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Byok.Testing;

/// <summary>The pipeline, composed as hosts compose it, with a test's adapters.</summary>
public sealed class TestPipeline : IDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="vault">The vault.</param>
    /// <param name="hsm">The HSM side; null where nobody asks for it.</param>
    /// <param name="storage">The storage account.</param>
    /// <param name="ledger">The ledger; null for the storage account's.</param>
    /// <param name="options">The settings.</param>
    /// <param name="time">The clock.</param>
    public TestPipeline(IKeyVault vault, IHsm? hsm, StorageAccount storage, ILedger? ledger, PipelineOptions options, TimeProvider time)
    {
        var services = new ServiceCollection().AddSingleton(vault).AddSingleton(storage).AddSingleton(time);
        _ = hsm is null ? services.AddSingleton<IHsm, InMemoryHsm>() : services.AddSingleton(hsm);
        _ = ledger is null ? services : services.AddSingleton(ledger);
        _services = services.AddByokPipeline(options).BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });
        Activities = [.. _services.GetServices<ActivityDescriptor>()];
    }

    /// <summary>An account that nobody answers for: for tests that never touch storage.</summary>
    public static StorageAccount NoStorage { get; } = new(new BlobServiceClient(new Uri("https://nobody.blob.example")));

    public IReadOnlyList<ActivityDescriptor> Activities { get; }

    public KeyCache Keys => Get<KeyCache>();

    public BranchKeyRing Branches => Get<BranchKeyRing>();

    public BranchKeeper BranchKeeper => Get<BranchKeeper>();

    public ProtectedBlobReader Reader => Get<ProtectedBlobReader>();

    public BlobRecords Records => Get<BlobRecords>();

    public AuditArchive Audits => Get<AuditArchive>();

    /// <summary>An activity, or whatever else the pipeline is made of.</summary>
    public T Get<T>()
        where T : notnull =>
        _services.GetRequiredService<T>();

    /// <summary>All that there are of a kind.</summary>
    public IEnumerable<T> GetAll<T>() => _services.GetServices<T>();

    public void Dispose() => _services.Dispose();
}
