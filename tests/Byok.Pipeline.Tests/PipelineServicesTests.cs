using System.Reflection;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests;

/// <summary>What every host gets by <see cref="PipelineServiceCollectionExtensions.AddByokPipeline"/>.</summary>
public sealed class PipelineServicesTests : IDisposable
{
    private readonly InMemoryVault _vault = new();

    public void Dispose() => _vault.Dispose();

    [Fact]
    public void AddByokPipeline_EveryActivity_IsDescribedUnderItsName()
    {
        using var pipeline = Compose();

        Assert.Equal(NamesOf(typeof(Activity<,>)), pipeline.Activities.Select(activity => activity.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AddByokPipeline_EveryOrchestration_IsDescribedUnderItsName()
    {
        using var pipeline = Compose();

        Assert.Equal(NamesOf(typeof(Orchestration<,>)), pipeline.GetAll<OrchestrationDescriptor>().Select(orchestration => orchestration.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AddByokPipeline_Description_RunsTheOneActivity()
    {
        using var pipeline = Compose();
        var described = Assert.Single(pipeline.Activities, activity => activity.Name == AuditVault.Name);

        Assert.Equal(typeof(object), described.InputType);
        Assert.Same(pipeline.Get<AuditVault>(), pipeline.Get<AuditVault>());
        Assert.IsType<AuditVaultResult>(await described.RunAsync(null, default));
    }

    [Fact]
    public async Task Dispose_OfTheProvider_ForgetsTheBranchKeys()
    {
        var storage = await new InMemoryBlobService(TimeProvider.System).CreateAccountAsync();
        await _vault.AddPinnedKeyAsync(storage, "customer-key");
        using var pipeline = Compose(storage);
        var ring = pipeline.Get<BranchKeyRing>();
        using (await ring.GetCurrentAsync("customer-key", PinFreshness.Cached, default))
        using (await ring.GetCurrentAsync("customer-key", PinFreshness.Cached, default))
        {
            Assert.Equal(1, _vault.Unwraps);
        }

        pipeline.Dispose();

        using (await ring.GetCurrentAsync("customer-key", PinFreshness.Cached, default))
        {
            Assert.Equal(2, _vault.Unwraps);
        }
    }

    private TestPipeline Compose(StorageAccount? storage = null) => new(_vault, null, storage ?? TestPipeline.NoStorage, new InMemoryLedger(), new PipelineOptions(), TimeProvider.System);

    /// <summary>The names of all classes of the pipeline that derive so.</summary>
    private static IEnumerable<string> NamesOf(Type kind) => typeof(PipelineOptions).Assembly.GetTypes()
        .Where(type => type.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == kind)
        .Select(type => (string)type.GetField("Name", BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!)
        .Order(StringComparer.Ordinal);
}
