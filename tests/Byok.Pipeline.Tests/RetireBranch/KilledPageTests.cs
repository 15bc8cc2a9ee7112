using Azure.Core;
using Azure.Storage.Blobs.Models;
using Byok.Client.Records;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.RotateKey;
using Byok.Testing;
using Byok.Testing.Replay;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.RetireBranch;

/// <summary>A process that dies in the middle of a page, and instances that are at the same page at once: the ledger has every blob that was moved, and the result counts them.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class KilledPageTests(AzuriteFixture azurite)
{
    private const int Blobs = 3;

    [Theory]
    [InlineData("retire", RewrapPage.Name)]
    [InlineData("retire, deep", RewrapPage.Name)]
    [InlineData("retire, deep", BeginReencryption.Name)]
    [InlineData("rotate, deep", RewrapPage.Name)]
    [InlineData("rotate, deep", BeginReencryption.Name)]
    public async Task Move_KilledAtEachRequestOfAnActivity_RecordsAndCountsEveryBlobAndNoticesARollback(string operation, string activity)
    {
        var kills = 0;
        while (await KillAsync(operation, activity, kills + 1))
        {
            kills++;
        }

        Assert.InRange(kills, 5, 100);
    }

    [Fact]
    public async Task Retire_TwoInstancesAtOnePage_CountEachBlobOnce()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = (await stack.PinsAsync()).Current!;
        await stack.SeedAsync(40);
        var next = await stack.Catalog.Get<SealBranch>().RunAsync(new SealInput("retire", LifeStack.Key, old), default);
        var page = new RewrapPageInput { OperationId = "retire", Scope = new MoveScope { KeyName = LifeStack.Key, From = old }, PageSize = 100 };
        using var other = stack.CreateCatalog();

        await Task.WhenAll(stack.Catalog.Get<RewrapPage>().RunAsync(page, default), other.Get<RewrapPage>().RunAsync(page, default));

        var repeated = await stack.Catalog.Get<RewrapPage>().RunAsync(page, default);
        Assert.Equal(40, repeated.MovedSoFar);
        Assert.Empty(repeated.Unmovable);
        Assert.Equal([next.ToString()], (await stack.CoverageAsync()).Keys);
        var audit = await stack.Catalog.Get<AuditChains>().RunAsync(null, default);
        Assert.Empty(audit.Findings.Listed);
    }

    /// <summary>From one request of an activity on, counted over all its runs, nothing is answered, until another process goes on.</summary>
    private static async Task<bool> KillAsync(string operation, string activity, int atRequest)
    {
        var time = new FakeTimeProvider(LifeStack.Start);
        using var service = new InMemoryBlobService(time);
        using var network = new FaultyNetwork(service);
        var storage = await service.CreateAccountAsync(network, options =>
        {
            options.Retry.Mode = RetryMode.Fixed;
            options.Retry.MaxRetries = 1;
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        });
        using var stack = new LifeStack(storage, LifeStack.DefaultOptions with { BlobsPerPage = 2 }, time);
        await stack.BringAsync(LifeStack.Key);
        var names = await stack.SeedAsync(Blobs);
        var engine = stack.Engine;
        var blob = storage.Protected.Client.GetBlobClient(names[1]);
        var before = (await blob.DownloadContentAsync()).Value;
        var requests = 0;
        network.OnRequestAsync = _ =>
        {
            var isDead = engine.Deaths == 0 && engine.Activities.LastOrDefault() == activity && Interlocked.Increment(ref requests) >= atRequest;
            return isDead ? throw new ProcessDiedException() : Task.CompletedTask;
        };

        if (operation == "rotate, deep")
        {
            var rotated = await RotateKeyTests.RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = true });
            Assert.Equal((Blobs, 0, 1), (rotated.Reencrypted, rotated.LeftBehind, rotated.Disabled.Count));
        }
        else
        {
            var retired = await RetireBranchTests.RetireAsync(stack, new RetireBranchInput { KeyName = LifeStack.Key, Deep = operation == "retire, deep" });
            Assert.Equal((true, Blobs, 0), (retired.IsRetired, retired.Moved, retired.LeftBehind));
            Assert.Equal([retired.Current.ToString()], (await stack.CoverageAsync()).Keys);
        }

        await AssertNothingLostAsync(stack, names);
        await blob.UploadAsync(before.Content, new BlobUploadOptions { Metadata = before.Details.Metadata });
        var audit = await stack.Catalog.Get<AuditChains>().RunAsync(null, default);
        Assert.Equal([$"blob-rollback {names[1]}"], audit.Findings.Listed.Select(finding => $"{finding.Code} {finding.Object}"));
        return engine.Deaths > 0;
    }

    private static async Task AssertNothingLostAsync(LifeStack stack, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
            Assert.Equal(BlobStanding.Confirmed, await stack.Catalog.Records.StandingOfAsync(name, await stack.HeaderAsync(name), default));
        }

        var ledger = await stack.Ledger.ReadAsync(default).ToListAsync(); // reading verifies the chain
        Assert.Empty(ledger.GroupBy(entry => entry.Event.EventId).Where(group => group.Count() > 1).Select(group => group.Key));
    }
}
