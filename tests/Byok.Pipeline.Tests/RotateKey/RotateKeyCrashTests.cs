using Byok.Pipeline.BringKey;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.RetireBranch;
using Byok.Testing;

namespace Byok.Pipeline.Tests.RotateKey;

[Collection(AzuriteCollection.Name)]
public class RotateKeyCrashTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Rotate_KilledAtEveryBoundaryWithUploadsGoingOn_LosesNothingAndWritesNoBlob()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var old = Assert.Single(await stack.VersionsAsync());
        var names = new List<string>(await stack.SeedAsync(30));
        var seeded = (await stack.ETagsAsync()).Where(blob => string.CompareOrdinal(blob.Key, "blob-000012") > 0).ToDictionary();
        UploadDuring(stack, names, BeginRotation.Name, ImportMasterKey.Name, ActivateKey.Name, RetireOldVersions.Name, DisableOldVersions.Name);
        KillAtEveryPassing(stack);

        var result = await RotateKeyTests.RotateAsync(stack);

        Assert.True(stack.Engine.Deaths >= 20, $"died {stack.Engine.Deaths} times");
        await AssertAllReadableAsync(stack, names);
        Assert.Equal([result.Branches[0].ToString()], (await stack.CoverageAsync()).Keys);
        var now = await stack.ETagsAsync();
        Assert.All(seeded, blob => Assert.Equal(blob.Value, now[blob.Key]));
        Assert.Equal([old.Id], result.Disabled);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
        await AssertLedgerHoldsAsync(stack);
    }

    [Fact]
    public async Task Retire_KilledAtEveryBoundaryWithUploadsGoingOn_LosesNothingAndLeavesNothingBehind()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { BlobsPerPage = 8 });
        var old = (await stack.PinsAsync()).Current!;
        var names = new List<string>(await stack.SeedAsync(30));
        UploadDuring(stack, names, BeginRetirement.Name, SealBranch.Name, CountBlobs.Name, RewrapPage.Name);
        KillAtEveryPassing(stack);

        var result = await RetireBranchTests.RetireAsync(stack);

        Assert.True(stack.Engine.Deaths >= 20, $"died {stack.Engine.Deaths} times");
        await AssertAllReadableAsync(stack, names);
        Assert.Equal((true, old), (result.IsRetired, result.Branch));
        Assert.Equal([result.Current.ToString()], (await stack.CoverageAsync()).Keys);
        Assert.Equal([result.Current], (await stack.PinsAsync()).All);
        await AssertLedgerHoldsAsync(stack);
    }

    /// <summary>After each run of these activities, up to twelve, something is uploaded and something overwritten, and all has to be readable.</summary>
    private static void UploadDuring(LifeStack stack, List<string> names, params string[] activities)
    {
        var uploads = 0;
        stack.Engine.OnActivity = async activity =>
        {
            if (activities.Contains(activity) && uploads < 12)
            {
                var name = $"upload-{uploads++:D2}";
                await stack.UploadAsync(name, LifeStack.ContentOf(name));
                lock (names)
                {
                    names.Add(name);
                }

                var overwritten = $"blob-{uploads:D6}";
                await stack.UploadAsync(overwritten, LifeStack.ContentOf(overwritten), overwrite: true);
                await AssertAllReadableAsync(stack, names);
            }
        };
    }

    /// <summary>Every passing of a boundary dies once, and the repeat gets through: each page, each activity, each timer.</summary>
    private static void KillAtEveryPassing(LifeStack stack)
    {
        var killed = new HashSet<string>();
        var perBoundary = new Dictionary<string, int>();
        stack.Engine.DiesAt = (boundary, _) =>
        {
            var passing = perBoundary[boundary] = perBoundary.GetValueOrDefault(boundary) + 1;
            return passing % 2 == 1 && killed.Add($"{boundary} {passing}");
        };
    }

    private static async Task AssertLedgerHoldsAsync(LifeStack stack)
    {
        await foreach (var _ in stack.Ledger.ReadAsync(default))
        {
            // Reading verifies the chain.
        }
    }

    private static async Task AssertAllReadableAsync(LifeStack stack, List<string> names)
    {
        List<string> all;
        lock (names)
        {
            all = [.. names];
        }

        foreach (var name in all)
        {
            Assert.Equal(LifeStack.ContentOf(name), await stack.ReadAsync(name));
        }
    }
}
