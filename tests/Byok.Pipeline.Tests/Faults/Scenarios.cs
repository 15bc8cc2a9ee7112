using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Testing.CommandLine;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>Every orchestration, in each of the ways that it can go.</summary>
internal static class Scenarios
{
    private const string Other = "second-key";

    private static readonly Comparer<BranchName> ByText = Comparer<BranchName>.Create((one, other) => string.CompareOrdinal(one.ToString(), other.ToString()));

    public static IReadOnlyList<Scenario> Small { get; } =
    [
        new("EncryptBlob",
            scene => scene.UploadAsync("upload", TestBytes.Create(5000)),
            (scene, run) => EncryptAsync(scene, run, "upload"),
            scene => AssertProtectedAsync(scene, "upload")),
        new("EncryptBlob over another",
            async scene =>
            {
                using (var branch = await scene.CurrentBranchAsync())
                {
                    await scene.Stack.SeedAsync("upload", TestBytes.Create(10), branch);
                }

                await scene.UploadAsync("upload", TestBytes.Create(5000));
            },
            (scene, run) => EncryptAsync(scene, run, "upload", overwrite: true),
            scene => AssertProtectedAsync(scene, "upload")),
        new("BringKey",
            _ => Task.CompletedTask,
            (scene, run) => scene.Runner.RunAsync<BringKeyResult>(
                BringKeyOrchestration.Name, new BringKeyInput { KeyName = Other, KeyLabel = Other, GenerateSizeInBits = 2048 }, $"bring-{run}"),
            async scene =>
            {
                // A KEK whose retirement is refused for good stays; the audit tells of it. The repeat brings the key under another one.
                Assert.InRange((await scene.Stack.VersionsAsync(Other)).Count(IsActive), 1, scene.IsRepeated ? 2 : 1);
                Assert.True(scene.IsRepeated || !await scene.Stack.Vault.ListKeysAsync(default).AnyAsync(key => key.Operations.Contains("import")));
            }),
        new("BringKey, another version",
            SeedAsync,
            (scene, run) => scene.Runner.RunAsync<BringKeyResult>(
                BringKeyOrchestration.Name, new BringKeyInput { KeyName = LifeStack.Key, KeyLabel = Other, GenerateSizeInBits = 2048 }, $"bring-{run}"),
            async scene =>
            {
                Assert.InRange((await scene.Stack.VersionsAsync()).Count(IsActive), 2, scene.IsRepeated ? 3 : 2);
                await scene.AssertBranchesAsync();
            }),
        new("RotateKey", SeedAsync, (scene, _) => RotateAsync(scene, deep: false), AssertRotatedAsync),
        new("RotateKey, deep", SeedAsync, (scene, _) => RotateAsync(scene, deep: true), AssertRotatedDeepAsync),
        new("RotateKey, new branch",
            async scene =>
            {
                await SeedAsync(scene);
                scene.Stack.Time.Advance(scene.Stack.Options.MaxBranchAge + TimeSpan.FromDays(1));
            },
            (scene, _) => RotateAsync(scene, deep: false),
            async scene =>
            {
                await AssertRotatedAsync(scene);
                Assert.Single((await scene.PinsAsync()).Sealed);
            }),
        new("RetireBranch", SeedAsync, (scene, _) => RetireAsync(scene, deep: false), AssertRetiredAsync),
        new("RetireBranch, deep", SeedAsync, (scene, _) => RetireAsync(scene, deep: true), AssertRetiredAsync),
        new("ReencryptBlob",
            SeedAsync,
            (scene, run) => scene.Runner.RunAsync<ReencryptBlobResult>(
                ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = "blob-000001" }, $"reencrypt-{run}"),
            async scene => Assert.InRange(
                await CountStatesAsync(scene, "blob-000001"), 2, scene.IsRepeated || scene.Fault == FaultKind.PreconditionFailed ? 3 : 2)),
        new("RevokeKey, disable", SeedAsync, (scene, run) => RevokeAsync(scene, run, RevocationMode.Disable), AssertRevokedAsync),
        new("RevokeKey, delete", SeedAsync, (scene, run) => RevokeAsync(scene, run, RevocationMode.Delete), AssertRevokedAsync),
        new("RevokeKey, rehearsal",
            SeedAsync,
            (scene, run) => scene.Runner.RunAsync<RevokeKeyResult>(
                RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = LifeStack.Key, Rehearsal = true }, $"rehearse-{run}"),
            async scene => Assert.Single(await scene.Stack.VersionsAsync(), IsActive)),
        new("RestoreKey, disabled",
            async scene =>
            {
                await SeedAsync(scene);
                await RevokeAsync(scene, 100, RevocationMode.Disable);
            },
            RestoreAsync,
            AssertRestoredAsync),
        new("RestoreKey, deleted",
            async scene =>
            {
                await SeedAsync(scene);
                await RevokeAsync(scene, 100, RevocationMode.Delete);
            },
            RestoreAsync,
            AssertRestoredAsync),
        new("RestoreKey, purged",
            async scene =>
            {
                await SeedAsync(scene);
                await RevokeAsync(scene, 100, RevocationMode.Delete);
                await scene.Stack.Vault.PurgeDeletedKeyAsync(LifeStack.Key, default);
            },
            RestoreAsync,
            AssertRestoredAsync),
        new("AuditKeys",
            SeedAsync,
            async (scene, run) =>
            {
                var audited = await scene.Runner.RunAsync<AuditKeysResult>(AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = 100 }, $"audit-{run}");
                Assert.True(audited.Criticals == 0, string.Join('\n', (await scene.Stack.Catalog.Audits.ReadReportAsync(AuditArchive.Latest, default)).Findings));
            },
            async scene =>
            {
                // A blob that is said to have been written meanwhile was not read, and is not counted.
                var scrubbed = (await scene.Stack.Catalog.Audits.ReadReportAsync(AuditArchive.Latest, default)).ScrubbedBlobs;
                Assert.InRange(scrubbed, scene.Fault is FaultKind.PreconditionFailed ? 2 : 3, 3);
            }),
    ];

    /// <summary>More than one segment: planned, fanned out and gathered.</summary>
    public static Scenario Segments { get; } = new("EncryptBlob, two segments",
        scene => scene.UploadAsync("upload", TestBytes.Create((64 * 1024 * 1024) + 1)),
        (scene, run) => EncryptAsync(scene, run, "upload"),
        scene => AssertProtectedAsync(scene, "upload"));

    public static Scenario Named(string name) => Segments.Name == name ? Segments : Small.Single(scenario => scenario.Name == name);

    private static async Task EncryptAsync(FaultScene scene, int run, string name, bool overwrite = false)
    {
        var input = new EncryptBlobInput { BlobName = name, ETag = scene.Uploads[name], Overwrite = overwrite || run > 0 };
        var result = await scene.Runner.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, $"{EncryptBlobInput.InstanceIdFor(name, input.ETag)}{run}");

        // A repeat whose upload is gone already: the first run had disposed of it, and only the answer was lost.
        var isDone = scene.IsRepeated && !scene.Service.Holds(scene.Stack.Storage.Uploads.Name, name);
        if (result.Outcome == EncryptBlobOutcome.Superseded && !isDone)
        {
            throw new SourceChangedException("Storage said that the upload was changed.");
        }
    }

    private static async Task AssertProtectedAsync(FaultScene scene, string name)
    {
        // When the service says that another upload stands there, the pipeline leaves it alone, as it must.
        Assert.True(scene.Fault == FaultKind.PreconditionFailed || !scene.Service.Holds(scene.Stack.Storage.Uploads.Name, name), "The plaintext was left behind.");
        var recorded = (await scene.LedgerAsync()).FindAll(entry =>
            entry.Event.Kind == "blob.confirmed" && entry.Event.CorrelationId != "seed" && entry.Event.Subject.EndsWith($"/{name}", StringComparison.Ordinal));

        // An operation that failed after its blob was recorded, at the disposal, is repeated as another one. The last is what stands there.
        Assert.InRange(recorded.Count, 1, scene.IsRepeated ? 2 : 1);
        Assert.Equal(BlobState.Of(await scene.Stack.HeaderAsync(name)).Mac, recorded[^1].Event.Details["mac"]);
    }

    private static async Task SeedAsync(FaultScene scene)
    {
        foreach (var name in await scene.Stack.SeedAsync(3))
        {
            scene.Contents[name] = LifeStack.ContentOf(name);
            scene.ETags[name] = await scene.ETagAsync(name);
        }
    }

    // One that failed is run again under its own id, as command line, API and timer do: it may still hold the key.
    private static async Task RotateAsync(FaultScene scene, bool deep) => scene.Rotated = await scene.Runner.RunAsync<RotateKeyResult>(
        RotateKeyOrchestration.Name,
        new RotateKeyInput { KeyName = LifeStack.Key, Deep = deep, GracePeriod = TimeSpan.Zero, GenerateSizeInBits = 2048 },
        $"rotate-{scene.Actor}");

    private static async Task AssertRotatedAsync(FaultScene scene)
    {
        await AssertOneVersionAsync(scene);
        Assert.Equal((await scene.PinsAsync()).All.Order(ByText), scene.Rotated!.Branches.Order(ByText));
        Assert.Empty(scene.Rotated.Kept);
        foreach (var (name, etag) in scene.ETags)
        {
            Assert.Equal((name, etag), (name, await scene.ETagAsync(name)));
        }
    }

    private static async Task AssertRotatedDeepAsync(FaultScene scene)
    {
        var active = await AssertOneVersionAsync(scene);
        foreach (var name in scene.Contents.Keys)
        {
            Assert.Equal(active.Id, (await scene.Stack.HeaderAsync(name)).Wrapping.KeyId);
        }

        Assert.Equal(scene.Contents.Count, scene.Rotated!.Reencrypted);
    }

    private static async Task<VaultKey> AssertOneVersionAsync(FaultScene scene)
    {
        var active = Assert.Single(await scene.Stack.VersionsAsync(), IsActive);
        await scene.AssertRecordedAsync();
        await scene.AssertBranchesAsync();

        // A version whose proof and whose disabling were both refused stays, unproved and unused; the audit tells of it.
        Assert.Single(await scene.Stack.VersionsAsync(), version => version.Enabled && !(scene.IsRepeated && version.Tags[KeyTags.State] == KeyTags.Pending));
        return active;
    }

    // Which branch is meant is said, as whoever repeats a failed one does: the current one is another by then.
    private static async Task RetireAsync(FaultScene scene, bool deep)
    {
        scene.Branch ??= (await scene.PinsAsync()).Current;
        scene.Retired = await scene.Runner.RunAsync<RetireBranchResult>(
            RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = LifeStack.Key, Branch = scene.Branch, Deep = deep }, $"retire-{scene.Actor}");
    }

    private static async Task AssertRetiredAsync(FaultScene scene)
    {
        var current = Assert.Single((await scene.PinsAsync()).All);
        Assert.NotEqual(scene.Branch, current);
        Assert.Equal(new Dictionary<string, int> { [current.ToString()] = scene.Contents.Count }, await scene.Stack.CoverageAsync());
        await scene.AssertRecordedAsync();
        await scene.AssertBranchesAsync();

        // Null: the first run failed after it had unpinned the branch, and there is nothing to repeat.
        Assert.True(scene.Retired is { IsRetired: true } || (scene.Retired is null && scene.IsRepeated));
    }

    private static async Task<int> CountStatesAsync(FaultScene scene, string name)
    {
        var confirmed = (await scene.LedgerAsync()).Where(entry => entry.Event.Kind == LedgerKinds.BlobConfirmed && entry.Event.Subject.EndsWith($"/{name}", StringComparison.Ordinal));
        Assert.Equal(BlobState.Of(await scene.Stack.HeaderAsync(name)).Mac, confirmed.Last().Event.Details["mac"]);
        return confirmed.DistinctBy(entry => entry.Event.Details["mac"]).Count();
    }

    private static Task RevokeAsync(FaultScene scene, int run, RevocationMode mode) => scene.Runner.RunAsync<RevokeKeyResult>(
        RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = LifeStack.Key, Mode = mode }, $"revoke-{run}");

    private static async Task AssertRevokedAsync(FaultScene scene) => Assert.DoesNotContain(await scene.Stack.VersionsAsync(), version => version.Enabled);

    private static Task RestoreAsync(FaultScene scene, int run) => scene.Runner.RunAsync<RestoreKeyResult>(
        RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = LifeStack.Key }, $"restore-{run}");

    private static async Task AssertRestoredAsync(FaultScene scene)
    {
        Assert.Single(await scene.Stack.VersionsAsync(), IsActive);
        await scene.AssertBranchesAsync();
    }

    private static bool IsActive(VaultKey version) => version.Enabled && version.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active;
}
