using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.RotateKey;

[Collection(AzuriteCollection.Name)]
public class RotateKeyCrashTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Rotate_KilledAtEveryBoundaryWithUploadsGoingOn_LosesNothingAndLeavesNothingBehind()
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { BlobsPerPage = 8 });
        var old = Assert.Single(await stack.VersionsAsync());
        var names = new List<string>(await stack.SeedAsync(30));
        var killed = new HashSet<string>();
        var uploads = 0;
        stack.Engine.OnActivity = async activity =>
        {
            if (activity is RewrapPage.Name or RetireOldVersions.Name or CountBlobs.Name && uploads < 12)
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
        var perBoundary = new Dictionary<string, int>();
        stack.Engine.DiesAt = (boundary, _) =>
        {
            // Every passing of a boundary dies once, and the repeat gets through: each page, each activity, each timer.
            var passing = perBoundary[boundary] = perBoundary.GetValueOrDefault(boundary) + 1;
            return passing % 2 == 1 && killed.Add($"{boundary} {passing}");
        };

        var result = await RotateKeyTests.RotateAsync(stack);

        Assert.True(stack.Engine.Deaths >= 20, $"died {stack.Engine.Deaths} times");
        await AssertAllReadableAsync(stack, names);
        Assert.Equal([result.KeyId.ToString()], (await stack.CoverageAsync()).Keys);
        Assert.Equal([old.Id], result.Disabled);
        Assert.Equal(2, (await stack.VersionsAsync()).Count);
        Assert.False((await stack.VersionAsync(old.Id)).Enabled);
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
