using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs.Models;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;

namespace Byok.Testing.Behaviour;

public abstract partial class PipelineBehaviour
{
    [Fact]
    public async Task BringKey_WithoutApprovals_PutsTheHsmsKeyInUse()
    {
        await StartAsync();

        var result = await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");

        var inHsm = Assert.Single(await _hsm.ListMasterKeysAsync(default));
        var inVault = await _vault.GetKeyAsync(Key, null, default);
        Assert.Equal(inHsm.PublicKey, inVault.PublicKey);
        Assert.Equal(inVault.Id, result.KeyId);
        Assert.Equal(KeyTags.Active, inVault.Tags[KeyTags.State]);
        Assert.Contains(await Ledger.ReadAsync(default).ToListAsync(), entry => entry.Event.Kind == "key.activated" && entry.Event.CorrelationId == "bring-1");
    }

    [Fact]
    public async Task BringKey_WithApprovals_WaitsForAsManyDifferentOnes()
    {
        await StartAsync(options => options with { RequiredApprovals = 2 });
        await Client.ScheduleAsync(BringKeyOrchestration.Name, Bring("m-1"), "bring-1", default);
        await UntilAsync("bring-1", status => status.CustomStatus?.GetProperty("stage").GetString() == BringKeyOrchestration.WaitingForApprovals);

        await Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "a.b.c", default);
        await Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "a.b.c", default);
        await UntilAsync("bring-1", status => status.CustomStatus?.GetProperty("approvalsGiven").GetInt32() == 1);
        await Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "d.e.f", default);

        var ended = await UntilAsync("bring-1", status => status.IsEnded);
        Assert.Equal(2, ended.Output!.Value.GetProperty("approvals").GetInt32());
        await Assert.ThrowsAsync<OperationEndedException>(() => Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "g.h.i", default));
    }

    [Fact]
    public async Task BringKey_WithoutApprovalsInTime_EndsRefusedAndLeavesNoKek()
    {
        await StartAsync(options => options with { RequiredApprovals = 1, KekLifetime = TimeSpan.FromSeconds(2) });

        var status = await RunAsync(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");

        Assert.IsType<ExportRefusedException>(status.Failure!.ToException());
        Assert.Empty(await _vault.ListKeysAsync(default).ToListAsync());
    }

    [Fact]
    public async Task BringKey_Terminated_EndsThereAndBringsNothing()
    {
        await StartAsync(options => options with { RequiredApprovals = 1 });
        await Client.ScheduleAsync(BringKeyOrchestration.Name, Bring("m-1"), "bring-1", default);
        await UntilAsync("bring-1", status => status.CustomStatus?.GetProperty("stage").GetString() == BringKeyOrchestration.WaitingForApprovals);

        await Client.TerminateAsync("bring-1", "The approver is away.", default);

        var status = await UntilAsync("bring-1", status => status.IsEnded);
        Assert.Equal(OrchestrationState.Terminated, status.State);
        Assert.IsAssignableFrom<PermanentByokException>(status.Failure!.ToException());
        Assert.Empty(await VersionsAsync());
    }

    [Fact]
    public async Task BringKey_ThatFailedByType_RunsAgainUnderItsIdAndThenNoMore()
    {
        await StartAsync();
        var input = new BringKeyInput { KeyName = Key, KeyLabel = "m-1" };
        var failed = await RunAsync(BringKeyOrchestration.Name, input, "bring-1");
        Assert.IsType<HsmKeyNotFoundException>(failed.Failure!.ToException());
        Assert.Contains("m-1", failed.Failure.Message, StringComparison.Ordinal);

        await _hsm.GenerateMasterKeyAsync("m-1", 2048, default);
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, input, "bring-1");

        Assert.False(await Client.ScheduleAsync(BringKeyOrchestration.Name, input, "bring-1", default));
        Assert.Single(await VersionsAsync());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(EnvelopePlan.StandardChunkSizeInBytes + 1, 1)]
    [InlineData((EnvelopePlan.MinChunksPerSegment * EnvelopePlan.StandardChunkSizeInBytes) + 1, 5)]
    public async Task EncryptBlob_OfAnySize_ComesBackTheSame(int length, int activities)
    {
        await _vault.AddPinnedKeyAsync(_storage, Key);
        await StartAsync();
        var plaintext = RandomNumberGenerator.GetBytes(length);

        var result = await ProtectAsync("a/b.bin", plaintext);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(activities, result.Activities);
        Assert.Equal(plaintext, await ReadAsync("a/b.bin"));
        Assert.False(await _storage.Uploads.Client.GetBlobClient("a/b.bin").ExistsAsync());
    }

    [Fact]
    public async Task EncryptBlob_WithTheKeyOff_FailsByTypeAndKeepsTheUpload()
    {
        await StartAsync();

        var status = await RunAsync(EncryptBlobOrchestration.Name, await UploadAsync("a.bin", [1, 2, 3]), "encrypt-1");

        Assert.IsType<KeyUnavailableException>(status.Failure!.ToException());
        Assert.True(await _storage.Uploads.Client.GetBlobClient("a.bin").ExistsAsync());
    }

    [Fact]
    public async Task RotateKey_WithBlobs_RewrapsTheBranchAndLeavesThemAsTheyAre()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        var old = Assert.Single(await VersionsAsync());
        var content = Content("first");
        await ProtectAsync("first", content);
        var before = await HeaderAsync("first");

        var result = await SucceedAsync<RotateKeyResult>(
            RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = Key, NewLabel = "m-2", GenerateSizeInBits = 2048 }, "rotate-1");

        Assert.Equal([old.Id], result.Disabled);
        Assert.Equal([before.Branch], result.Branches);
        Assert.Equal(BlobState.Of(before), BlobState.Of(await HeaderAsync("first")));
        Pipeline.Branches.Forget();
        Assert.Equal(content, await ReadAsync("first"));
    }

    [Fact]
    public async Task RetireBranch_OverMorePagesThanOneHistoryHolds_MovesEveryBlob()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        var content = Content("first");
        await ProtectAsync("first", content);
        var before = await HeaderAsync("first");
        await SeedAsync(25); // a page is one blob, and after 20 pages the orchestration continues as new

        var result = await SucceedAsync<RetireBranchResult>(RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = Key }, "retire-1");

        Assert.Equal((true, 26L, before.Branch), (result.IsRetired, result.Moved, result.Branch));
        var after = await HeaderAsync("first");
        Assert.Equal(result.Current, after.Branch);
        Assert.Equal(before.BlobId, after.BlobId);
        Assert.Equal(content, await ReadAsync("first"));
    }

    [Fact]
    public async Task RotateKey_Deep_EncryptsEveryBlobAnew()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        var contents = new Dictionary<string, byte[]>();
        var before = new Dictionary<string, BlobId>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            contents[name] = Content(name);
            await ProtectAsync(name, contents[name]);
            before[name] = (await HeaderAsync(name)).BlobId;
        }

        var result = await SucceedAsync<RotateKeyResult>(
            RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = Key, NewLabel = "m-2", GenerateSizeInBits = 2048, Deep = true }, "rotate-1");

        Assert.Equal(0, result.LeftBehind);
        foreach (var (name, content) in contents)
        {
            var after = await HeaderAsync(name);
            Assert.Equal(result.KeyId, after.Wrapping.KeyId);
            Assert.NotEqual(before[name], after.BlobId);
            Assert.Equal(content, await ReadAsync(name));
        }
    }

    [Fact]
    public async Task ReencryptBlob_UnderThePresentKey_DrawsANewDek()
    {
        await _vault.AddPinnedKeyAsync(_storage, Key);
        await StartAsync();
        var content = Content("a");
        await ProtectAsync("a", content);
        var before = await SecretsOfAsync("a");

        var result = await SucceedAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = "a" }, "reencrypt-1");

        Assert.NotEqual(before[0], (await SecretsOfAsync("a"))[0]);
        Assert.Equal(content, await ReadAsync("a"));
    }

    [Theory]
    [InlineData(RevocationMode.Disable, Revocation.Disabled)]
    [InlineData(RevocationMode.Delete, Revocation.Deleted)]
    public async Task RevokeKey_ThenRestoreKey_TakesTheDataAwayAndGivesItBack(RevocationMode mode, Revocation found)
    {
        await _vault.AddPinnedKeyAsync(_storage, Key);
        await StartAsync();
        var content = Content("a");
        await ProtectAsync("a", content);

        var revoked = await SucceedAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key, Mode = mode }, "revoke-1");
        Assert.Single(revoked.Versions);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => ReadAsync("a"));
        var again = await RunAsync(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key, Mode = mode }, "revoke-2");
        Assert.IsAssignableFrom<PermanentByokException>(again.Failure!.ToException());

        var restored = await SucceedAsync<RestoreKeyResult>(RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = Key }, "restore-1");
        Assert.Equal(found, restored.Found);
        Assert.Equal(content, await ReadAsync("a"));
    }

    [Fact]
    public async Task RevokeKey_AsARehearsal_TouchesACanaryOnly()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        var before = Assert.Single(await VersionsAsync());

        var result = await SucceedAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key, Rehearsal = true }, "rehearse-1");

        Assert.True(result.CanaryWasUnreadable);
        Assert.Equal(before, Assert.Single(await VersionsAsync()));
    }

    [Fact]
    public async Task RestoreKey_AfterAPurge_BringsTheSameMasterKeyAgain()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        var old = Assert.Single(await VersionsAsync());
        var content = Content("a");
        await ProtectAsync("a", content);
        await _vault.DeleteKeyAsync(Key, default);
        await _vault.PurgeDeletedKeyAsync(Key, default);
        Pipeline.Branches.Forget();
        await Assert.ThrowsAsync<KeyUnavailableException>(() => ReadAsync("a"));

        var result = await SucceedAsync<RestoreKeyResult>(RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = Key }, "restore-1");

        Assert.Equal(Revocation.Purged, result.Found);
        Assert.True(result.ArePinsRecorded);
        Assert.NotEqual(old.Id, Assert.Single(await VersionsAsync()).Id);
        Assert.Equal(content, await ReadAsync("a"));
    }

    [Fact]
    public async Task AuditKeys_OfTamperedData_PublishesTheFinding()
    {
        await StartAsync();
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        await ProtectAsync("a", Content("a"));
        await ProtectAsync("b", Content("b"));
        Assert.Empty((await AuditAsync("audit-1")).FindingCounts);

        var blob = _storage.Protected.Client.GetBlobClient("b");
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        var stored = (await blob.DownloadContentAsync()).Value.Content.ToArray();
        stored[3] ^= 1;
        await blob.UploadAsync(BinaryData.FromBytes(stored), new BlobUploadOptions { Metadata = metadata });

        var report = await AuditAsync("audit-2");
        Assert.Equal(Verdict.Danger, report.Verdict);
        Assert.Contains(report.Findings, finding => finding.Object.EndsWith('b'));
    }

    [Fact]
    public async Task History_OfEveryOrchestration_HoldsNoSecret()
    {
        await StartAsync();
        var planted = Encoding.UTF8.GetBytes($"planted-{Guid.NewGuid():N}");
        await SucceedAsync<BringKeyResult>(BringKeyOrchestration.Name, Bring("m-1"), "bring-1");
        await ProtectAsync("a.txt", planted);
        var secrets = new List<byte[]>(await SecretsOfAsync("a.txt"));
        foreach (var deep in new[] { false, true })
        {
            await SucceedAsync<RotateKeyResult>(
                RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = Key, NewLabel = $"m-{deep}", GenerateSizeInBits = 2048, Deep = deep }, $"rotate-{deep}");
        }

        secrets.AddRange(await SecretsOfAsync("a.txt"));
        await SucceedAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = "a.txt" }, "reencrypt-1");
        secrets.AddRange(await SecretsOfAsync("a.txt"));
        await SucceedAsync<RetireBranchResult>(RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = Key }, "retire-1");
        secrets.AddRange(await SecretsOfAsync("a.txt"));
        await SucceedAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key, Rehearsal = true }, "rehearse-1");
        await SucceedAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = Key }, "revoke-1");
        await SucceedAsync<RestoreKeyResult>(RestoreKeyOrchestration.Name, new RestoreKeyInput { KeyName = Key }, "restore-1");
        await AuditAsync("audit-1");
        Assert.Equal(planted, await ReadAsync("a.txt"));
        Assert.Equal(3 + 3 + 2, secrets.Select(Convert.ToHexString).Distinct().Count()); // three DEKs, three BEKs, two branch keys

        var history = _engine!.ReadHistory();
        foreach (var id in new[] { "bring-1", "encrypt-a.txt", "rotate-True", "reencrypt-1", "retire-1", "rehearse-1", "revoke-1", "restore-1", "audit-1" })
        {
            Assert.Equal(OrchestrationState.Completed, (await Client.GetAsync(id, default))!.State);
        }

        // The search finds what is there: a sealed DEK may be in the history, and names are.
        Assert.NotEmpty(SecretSearch.Find(Encoding.UTF8.GetBytes(Key), history));
        var accountKey = azurite.ConnectionString.Split(';').Single(part => part.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];
        secrets.AddRange([planted, Encoding.UTF8.GetBytes(accountKey), .. _hsm.ExportPrivateParts()]);
        Assert.All(secrets, secret => Assert.Empty(SecretSearch.Find(secret, history)));
        Assert.Equal(-1, history.AsSpan().IndexOf("&sig="u8)); // no shared access signature, whoever signed it
    }

    /// <summary>Blobs as the pipeline would have written them, at one request each.</summary>
    private async Task SeedAsync(int count)
    {
        var key = Assert.Single(await VersionsAsync());
        using var branch = await _vault.OpenBranchAsync(_storage, Key);
        var wrapping = branch.WrapWith(key.Id, key.RequirePublicKey());
        for (var number = 0; number < count; number++)
        {
            var name = $"seeded-{number:00}";
            var blob = SmallBlob.Seal(_storage.Protected.Name, name, Content(name), branch, wrapping);
            await _storage.Protected.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(blob.Stored), new BlobUploadOptions { Metadata = blob.Header.ToMetadata() });
            await Ledger.AppendAsync(blob.LedgerEvents(_storage.Protected.Name, name), default);
        }
    }
}
