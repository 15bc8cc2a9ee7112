using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.Tests.Faults;
using Byok.Testing;
using Byok.Testing.Replay;

namespace Byok.Pipeline.Tests.RetireBranch;

/// <summary>A process that dies in the middle of a page, and instances that are at the same page at once: the ledger has every blob that was moved, and the result counts them.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class KilledPageTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData("RotateKey", RewrapPage.Name)]
    [InlineData("RotateKey, deep", RewrapPage.Name)]
    [InlineData("RotateKey, deep", BeginReencryption.Name)]
    public async Task Rotate_KilledAtEachRequestOfAnActivity_RecordsAndCountsEveryBlobAndNoticesARollback(string scenario, string activity)
    {
        var kills = 0;
        while (await KillAsync(Scenarios.Named(scenario), activity, kills + 1))
        {
            kills++;
        }

        Assert.InRange(kills, 5, 100);
    }

    [Fact]
    public async Task Rotate_TwoInstancesAtOnePage_CountEachBlobOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(40);
        var newest = await stack.BringAsync(LifeStack.Key, "another");
        var page = new RewrapPageInput { OperationId = "rotate", KeyName = LifeStack.Key, TargetId = newest.KeyId, PageSize = 100 };
        using var other = stack.CreateCatalog();

        await Task.WhenAll(stack.Catalog.Get<RewrapPage>().RunAsync(page, default), other.Get<RewrapPage>().RunAsync(page, default));

        var repeated = await stack.Catalog.Get<RewrapPage>().RunAsync(page, default);
        Assert.Equal(40, repeated.MovedSoFar);
        Assert.Empty(repeated.Unmovable);
        Assert.Equal([newest.KeyId.ToString()], (await stack.CoverageAsync()).Keys);
        var audit = await stack.Catalog.Get<AuditGenerations>().RunAsync(null, default);
        Assert.Empty(audit.Findings.Listed);
    }

    /// <summary>From one request of an activity on, counted over all its runs, nothing is answered, until another process goes on.</summary>
    private static async Task<bool> KillAsync(Scenario scenario, string activity, int atRequest)
    {
        using var scene = await FaultScene.CreateAsync(scenario);
        var engine = scene.Stack.Engine;
        var blob = scene.Stack.Storage.Protected.Client.GetBlobClient("blob-000001");
        var before = (await blob.DownloadContentAsync()).Value;
        var requests = 0;
        scene.Network.OnRequestAsync = _ =>
        {
            var isDead = engine.Deaths == 0 && engine.Activities.LastOrDefault() == activity && Interlocked.Increment(ref requests) >= atRequest;
            return isDead ? throw new ProcessDiedException() : Task.CompletedTask;
        };

        await scenario.RunAsync(scene, 0);

        await scenario.VerifyAsync(scene);
        await scene.AssertNothingLostAsync();
        await blob.UploadAsync(before.Content, new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = before.Details.Metadata });
        var audit = await scene.Stack.Catalog.Get<AuditGenerations>().RunAsync(null, default);
        Assert.Equal(["blob-rollback blob-000001"], audit.Findings.Listed.Select(finding => $"{finding.Code} {finding.Object}"));
        return engine.Deaths > 0;
    }
}
