using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Branches;
using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RevokeKey;
using Byok.Pipeline.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.AuditKeys;

[Collection(AzuriteCollection.Name)]
public class AuditKeysTests(AzuriteFixture azurite)
{
    private const string Evil = "<img src=x onerror=alert(1)>.txt";

    [Fact]
    public async Task Audit_NothingWrong_FindsNothingAndKeepsAHistory()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(25);
        await stack.UploadAsync("through the pipeline", LifeStack.ContentOf("x"));

        var first = await AuditAsync(stack);
        stack.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await AuditAsync(stack);

        var report = await stack.Catalog.Audits.ReadReportAsync(second.ReportName, default);
        Assert.Empty(report.FindingCounts);
        Assert.Equal(Verdict.Healthy, report.Verdict);
        Assert.Equal(26, report.Blobs);
        Assert.Equal(26, report.ScrubbedBlobs);
        Assert.Equal(first.ReportName, Assert.Single(report.History).Name);
        var branch = Assert.Single(Assert.Single(report.Keys).Branches);
        Assert.Equal(new AuditedBranch((await stack.PinsAsync()).Current!, true, Assert.Single(await stack.VersionsAsync()).Id), branch);
        Assert.Equal(new Dictionary<string, long> { [$"{LifeStack.Key}/{branch.Branch}"] = 26 }, report.Coverage);
        var page = await stack.Catalog.Audits.ReadPageAsync("latest", default);
        Assert.Equal("All is well", Heading(page));
        Assert.Contains("a blob each", page, StringComparison.Ordinal); // the drawing reaches from the master key to the chunks
        Assert.DoesNotContain("not pinned", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_BlobsWhoseDataCannotBeRead_AreNotCountedAsVerified()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(3);
        await stack.Storage.Protected.Client.GetBlobClient("raw").UploadAsync(BinaryData.FromString("plain"));
        await stack.Storage.Protected.Client.GetBlobClient(names[0]).SetAccessTierAsync(AccessTier.Archive);

        var report = await ReportAsync(stack);

        Assert.Equal(4, report.Blobs);
        Assert.Equal(2, report.ScrubbedBlobs);
    }

    [Fact]
    public Task Audit_OneFaultOfEachKind_FindsEachAndNothingElse() => PlantAndAuditAsync(300, 50);

    [Fact]
    [Trait("Category", "Long")]
    public Task Audit_OneFaultOfEachKindAmongTenThousandBlobs_FindsEachAndNothingElse() => PlantAndAuditAsync(10_000, 500);

    [Fact]
    public async Task Audit_HsmDoesNotAnswer_SaysSoAndGoesOn()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        stack.Hsm.OnList = () => throw new ServiceUnavailableException("The agent did not answer.");
        var report = await ReportAsync(stack);
        Assert.Equal(["hsm-unreachable"], report.FindingCounts.Keys);
        Assert.Equal(Verdict.Healthy, report.Verdict);
    }

    [Fact]
    public async Task Audit_LedgerAltered_NamesTheEntry()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(5);
        await RewriteLedgerAsync(stack, lines => lines[2] = lines[2].Replace("customer-key", "customer-kex", StringComparison.Ordinal));
        var report = await ReportAsync(stack);
        Assert.Equal(["ledger-broken"], report.FindingCounts.Keys);
        Assert.False(report.Ledger.IsIntact);
        Assert.Contains("entry 3", report.Findings[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_LedgerCutOff_IsFoundByTheNextAudit()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(2);
        await AuditAsync(stack);
        stack.Time.Advance(TimeSpan.FromMinutes(1));
        await RewriteLedgerAsync(stack, lines => lines.RemoveRange(lines.Count - 2, 2));
        Assert.Contains("ledger-cut", (await ReportAsync(stack)).FindingCounts.Keys);
    }

    [Fact]
    public async Task Audit_OldCopyPutBack_IsFoundAndNotTakenAlongUntilItIsUploadedAnew()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await RollBackAsync(stack, "blob");
        await AssertRefusedAsync(stack, "blob");

        var finding = Assert.Single((await ReportAsync(stack)).Findings, finding => finding.Severity == Severity.Critical);
        Assert.Equal("blob-rollback", finding.Code);
        Assert.Contains("the ledger knows a state that was stored on 2030-01-01", finding.Detail, StringComparison.Ordinal);

        stack.Time.Advance(TimeSpan.FromMinutes(1));
        await stack.UploadAsync("blob", LifeStack.ContentOf("newest"), overwrite: true);
        var retired = await RetireBranch.RetireBranchTests.RetireAsync(stack);
        Assert.Equal((true, 1), (retired.IsRetired, retired.Moved));
        Assert.Empty((await ReportAsync(stack)).Findings);
    }

    [Fact]
    public async Task Audit_ForgedBlobWithIdOfOurs_IsFoundWithoutScrubAndNeverMadeOurs()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.UploadAsync("blob", LifeStack.ContentOf("blob"));
        await stack.ForgeAsync("blob", "forged");
        Assert.Equal(["blob-foreign"], (await ReportAsync(stack, scrubPercent: 0)).FindingCounts.Keys);

        await AssertRefusedAsync(stack, "blob");

        Assert.Equal("blob-foreign", Assert.Single((await ReportAsync(stack)).Findings, finding => finding.Severity == Severity.Critical).Code);
        await stack.UploadAsync("blob", LifeStack.ContentOf("blob"), overwrite: true);
        Assert.Empty((await ReportAsync(stack)).Findings);
    }

    [Fact]
    public async Task Audit_BlobDeletedInStorage_IsFoundUntilTheNameIsUploadedAnew()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(2);
        await stack.UploadAsync("blob", LifeStack.ContentOf("blob"));
        await stack.Storage.Protected.Client.GetBlobClient("blob").DeleteAsync();
        await RetireBranch.RetireBranchTests.RetireAsync(stack);

        var finding = Assert.Single((await ReportAsync(stack)).Findings);

        Assert.Equal(("blob-gone", "blob", Severity.Critical), (finding.Code, finding.Object, finding.Severity));
        Assert.Contains("deleted by hand", finding.Meaning, StringComparison.Ordinal);
        await stack.UploadAsync("blob", LifeStack.ContentOf("blob"));
        Assert.Empty((await ReportAsync(stack)).Findings);
    }

    [Fact]
    public async Task Audit_Rehearsal_RecordsThatItsBlobWasDeleted()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.Engine.RunAsync<RevokeKeyResult>(RevokeKeyOrchestration.Name, new RevokeKeyInput { KeyName = LifeStack.Key, Rehearsal = true }, "rehearse");
        Assert.DoesNotContain("blob-gone", (await ReportAsync(stack)).FindingCounts.Keys);
    }

    [Fact]
    public async Task Audit_CommitThatNobodyConfirmed_IsFoundAndSettledAndThenARollbackIsNoticed()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var blob = stack.Storage.Protected.Client.GetBlobClient("blob-000000");
        var old = (await blob.GetPropertiesAsync()).Value.Metadata;
        await LeaveUnconfirmedAsync(stack, "blob-000000");
        Assert.Empty((await ReportAsync(stack)).Findings); // its writer may be at it still

        stack.Time.Advance(stack.Options.LeftoverAge + TimeSpan.FromMinutes(1));
        var finding = Assert.Single((await ReportAsync(stack)).Findings);
        Assert.Equal(("blob-ahead-of-ledger", "blob-000000"), (finding.Code, finding.Object));
        stack.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty((await ReportAsync(stack)).Findings);

        await blob.SetMetadataAsync(old);
        Assert.Equal(["blob-rollback"], (await ReportAsync(stack)).FindingCounts.Keys);
    }

    [Fact]
    public async Task Audit_HeaderThatOnlySaysItHasAnIntendedMac_IsNotConfirmed()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        await LeaveUnconfirmedAsync(stack, "blob-000000");
        var blob = stack.Storage.Protected.Client.GetBlobClient("blob-000000");
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        metadata[EnvelopeFields.Length] = "7";
        await blob.SetMetadataAsync(metadata);
        stack.Time.Advance(stack.Options.LeftoverAge + TimeSpan.FromMinutes(1));

        Assert.Equal(["blob-header"], (await ReportAsync(stack)).FindingCounts.Keys);

        Assert.Single(await stack.Ledger.ReadAsync(default).Where(entry => entry.Event.Kind == "blob.confirmed").ToListAsync());
    }

    [Fact]
    public async Task AuditChains_MoreNamesThanFit_FindsTheSameInParts()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(60);
        foreach (var name in names.Take(20))
        {
            await stack.Storage.Protected.Client.GetBlobClient(name).DeleteAsync();
        }

        await stack.ForgeAsync(names[30], "forged");
        var audit = new AuditChains(stack.Storage, stack.Ledger, stack.Catalog.Reader, stack.Catalog.Records, stack.Options, stack.Time, maxNames: 10);
        var (found, parts, token) = (new FindingTally(), 0, (string?)null);
        do
        {
            var part = await audit.RunAsync(token, default);
            (found, token, parts) = (found.Plus(part.Findings), part.ContinuationToken, parts + 1);
        }
        while (token is not null);

        Assert.InRange(parts, 6, 20);
        Assert.Equal(names.Take(20).Append(names[30]), found.Listed.Select(finding => finding.Object).Order(StringComparer.Ordinal));
        Assert.Equal((20, 1), (found.Counts["blob-gone"], found.Counts["blob-foreign"]));
    }

    [Fact]
    public async Task Audit_EncryptedAnew_IsNoFinding()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.UploadAsync("blob", LifeStack.ContentOf("old"));
        await stack.UploadAsync("blob", LifeStack.ContentOf("new"), overwrite: true);
        await RotateKey.RotateKeyTests.RotateAsync(stack);
        await RetireBranch.RetireBranchTests.RetireAsync(stack);
        await stack.Engine.RunAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = "blob" }, "reencrypt");

        Assert.Empty((await ReportAsync(stack)).Findings);
    }

    [Fact]
    public async Task Audit_ManyOfOneKind_CountsAllAndListsTheFirst()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        for (var number = 0; number < 40; number++)
        {
            await stack.Storage.Protected.Client.GetBlobClient($"raw-{number:D2}").UploadAsync(BinaryData.FromString("plain"));
        }

        var report = await ReportAsync(stack);

        Assert.Equal(40, report.FindingCounts["blob-unencrypted"]);
        Assert.Equal(FindingTally.MaxListedPerCode, report.Findings.Count);
        Assert.Contains("and 15 more", await stack.Catalog.Audits.ReadPageAsync("latest", default), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audit_KilledAtEveryBoundary_WritesOneReport()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(25);
        var killed = new HashSet<string>();
        stack.Engine.DiesAt = (boundary, _) => killed.Add(boundary);
        var result = await AuditAsync(stack);
        Assert.Equal(14, stack.Engine.Deaths);
        Assert.Equal(25, result.Blobs);
        Assert.Single(await stack.Catalog.Audits.ListAsync(default));
    }

    private async Task PlantAndAuditAsync(int blobs, int pageSize)
    {
        using var stack = await LifeStack.CreateAsync(azurite, LifeStack.DefaultOptions with { BlobsPerPage = pageSize });
        var names = await stack.SeedAsync(blobs);
        var planted = new Dictionary<string, string>();
        await PlantKeyFaultsAsync(stack, planted);
        await PlantBlobFaultsAsync(stack, names, planted);
        await PlantBranchFaultsAsync(stack, planted);

        var report = await ReportAsync(stack);

        AssertFound(planted, report);
        Assert.Equal(FindingKinds.All.Select(kind => kind.Code).Except(["hsm-unreachable", "ledger-broken", "ledger-cut"]).Order(), planted.Keys.Order());
        Assert.Equal(Verdict.Danger, report.Verdict);

        var page = await stack.Catalog.Audits.ReadPageAsync("latest", default);
        Assert.Equal("Act now", Heading(page));
        Assert.DoesNotContain(Evil, page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("href=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page, StringComparison.Ordinal);

        // A forged entry at the ledger's end is found beside all the rest; what it does not know counts no longer, for it cannot be read to its end. And what was ahead was settled.
        await stack.Storage.Ledger.GetAppendBlobClient("ledger-00000001.jsonl").AppendBlockAsync(BinaryData.FromString("{\"sequence\":1}\n").ToStream());
        stack.Time.Advance(TimeSpan.FromMinutes(1));
        foreach (var code in new[] { "blob-not-in-ledger", "blob-foreign", "blob-gone", "blob-ahead-of-ledger" })
        {
            planted.Remove(code);
        }

        planted["ledger-broken"] = "ledger";
        var again = await ReportAsync(stack);
        AssertFound(planted, again);
        Assert.Single(again.History);
    }

    private static void AssertFound(Dictionary<string, string> planted, AuditReport report)
    {
        Assert.Equal(
            planted.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"),
            report.Findings.OrderBy(finding => finding.Code, StringComparer.Ordinal).Select(finding => $"{finding.Code} {finding.Object}"));
        Assert.All(report.FindingCounts.Values, count => Assert.Equal(1, count));
    }

    private static async Task PlantKeyFaultsAsync(LifeStack stack, Dictionary<string, string> planted)
    {
        var now = stack.Time.GetUtcNow();
        async Task<VaultKey> BringAsync(string name, string code)
        {
            var key = await stack.VersionAsync((await stack.BringAsync(name)).KeyId);
            planted[code] = key.Id.ToString();
            return key;
        }

        stack.Vault.Replace(await BringAsync("soft", "key-not-hsm") with { KeyType = "RSA" });
        stack.Vault.Replace(await BringAsync("exportable", "key-exportable") with { Exportable = true });
        stack.Vault.Replace(await BringAsync("endless", "key-no-expiry") with { ExpiresOn = null });
        stack.Vault.Replace(await BringAsync("ending", "key-expires-soon") with { ExpiresOn = now.AddDays(10) });
        stack.Vault.Replace(await BringAsync("old", "key-age") with { CreatedOn = now.AddDays(-400) });
        await BringAsync("lost", "key-not-restorable");
        stack.Hsm.Remove("lost");
        planted["key-drift"] = (await stack.Vault.AddPinnedKeyAsync(stack.Storage, "drift", stack.Time)).Id.ToString();

        foreach (var (name, kind) in new[] { ("half-revoked", KeyOrderKind.Revoked), ("half-restored", KeyOrderKind.Restoring) })
        {
            planted[$"key-{name}"] = name;
            var key = await stack.VersionAsync((await stack.BringAsync(name)).KeyId);
            stack.Vault.Replace(key with { Tags = new Dictionary<string, string>(key.Tags) { [KeyTags.Order] = $"{new KeyOrder(kind, now, "cut-off")}" } });
        }

        var unproved = await BringAsync("unproved", "key-unproved");
        await stack.BringAsync("unproved");
        stack.Vault.Replace(unproved with { CreatedOn = now.AddDays(-1), Tags = new Dictionary<string, string> { [KeyTags.State] = KeyTags.Pending } });

        var kek = await stack.Vault.CreateKeyExchangeKeyAsync("byok-kek-left", 2048, new KeyAttributes { ExpiresOn = now.AddDays(-1) }, default);
        planted["kek-left-behind"] = kek.Id.ToString();

        stack.Vault.RecoveryLevel = "Recoverable+Purgeable";
        await stack.BringAsync("purgeable");
        stack.Vault.RecoveryLevel = "Recoverable";
        planted["vault-purge"] = stack.Vault.VaultUri.Host;
    }

    private static async Task PlantBranchFaultsAsync(LifeStack stack, Dictionary<string, string> planted)
    {
        async Task<(VaultKey Version, BranchName Branch)> BringAsync(string name)
        {
            var brought = await stack.BringAsync(name);
            return (await stack.VersionAsync(brought.KeyId), Assert.Single(brought.Branches));
        }

        Task PutRecordAsync(string name, BranchName branch, byte[] record) =>
            stack.Storage.Branches.PutAsync(BranchRecord.BlobNameOf(name, branch), BinaryData.FromBytes(record), "application/json", null, default);

        var (unpinned, _) = await BringAsync(planted["key-pins"] = "unpinned");
        stack.Vault.Replace(unpinned with { Tags = unpinned.Tags.Where(tag => tag.Key != KeyTags.Activation).ToDictionary() });

        var (aged, _) = await BringAsync(planted["branch-age"] = "aged");
        stack.Vault.Replace(aged with { Tags = new Dictionary<string, string>(aged.Tags) { [KeyTags.BranchSince] = BranchAge.Format(stack.Time.GetUtcNow().AddDays(-366)) } });

        var (crowded, _) = await BringAsync(planted["branches-near-limit"] = "crowded");
        var pins = await stack.PinsAsync("crowded");
        for (var number = 0; number < BranchPins.MaxSealed - 2; number++)
        {
            using var branch = BranchKey.Generate();
            await stack.Catalog.BranchKeeper.Records.AddAsync("crowded", branch.Name, branch.WrapWith(crowded.Id, crowded.RequirePublicKey()), default);
            pins = pins.AddSealed(branch.Name);
        }

        stack.Vault.Replace(crowded with { Tags = pins.WriteTo(crowded.Tags) });

        var (wrong, wronged) = await BringAsync("wrong");
        using var another = BranchKey.Generate();
        planted["branch-unproved"] = BranchRecord.BlobNameOf("wrong", wronged);
        await PutRecordAsync("wrong", wronged, new BranchRecord("wrong", wronged, [another.WrapWith(wrong.Id, wrong.RequirePublicKey())]).ToUtf8Json());

        // Of keys that are not in use: no wrapping is unwrapped for them, or there would be the finding before for each of them as well.
        planted["branch-record-missing"] = BranchRecord.BlobNameOf("half-revoked", (await stack.PinsAsync("half-revoked")).Current!);
        await stack.Storage.Branches.DeleteAsync(planted["branch-record-missing"], null, default);
        planted["branch-record-malformed"] = BranchRecord.BlobNameOf("disabled", (await stack.PinsAsync("disabled")).Current!);
        await PutRecordAsync("disabled", (await stack.PinsAsync("disabled")).Current!, "{"u8.ToArray());

        // A rotation behind it, the record says of the version that wrapped a blob's copy that it was another key.
        var (old, copied) = await BringAsync("other");
        using (var branch = await stack.CurrentBranchAsync("other"))
        {
            await stack.SeedAsync(planted["branch-copy-disagrees"] = "copied", LifeStack.ContentOf("copied"), branch);
        }

        await stack.BringAsync("other");
        var record = await stack.RecordAsync(copied, "other");
        var altered = new BranchWrapping(old.Id, wrong.RequirePublicKey().Thumbprint, record.Wrappings[^1].WrappedKey);
        await PutRecordAsync("other", copied, record.With(altered).ToUtf8Json());
    }

    private static async Task PlantBlobFaultsAsync(LifeStack stack, IReadOnlyList<string> names, Dictionary<string, string> planted)
    {
        var container = stack.Storage.Protected.Client;
        async Task AlterAsync(string name, string code, Action<IDictionary<string, string>>? metadata = null, Func<byte[], byte[]>? content = null)
        {
            planted[code] = name;
            var blob = container.GetBlobClient(name);
            var fields = (await blob.GetPropertiesAsync()).Value.Metadata;
            metadata?.Invoke(fields);
            var bytes = (await blob.DownloadContentAsync()).Value.Content.ToArray();
            await blob.UploadAsync(BinaryData.FromBytes(content?.Invoke(bytes) ?? bytes), new BlobUploadOptions { Metadata = fields });
        }

        planted["blob-unencrypted"] = Evil;
        await container.GetBlobClient(Evil).UploadAsync(BinaryData.FromString("plain"));
        await AlterAsync(names[10], "blob-malformed", fields => fields.Remove(EnvelopeFields.Length));
        await AlterAsync(names[15], "blob-earlier-build", fields =>
        {
            fields.Remove(EnvelopeFields.Branch);
            fields["byok_wrapped_dek"] = "AAAA";
        });
        await AlterAsync(names[20], "blob-header", fields => fields[EnvelopeFields.Written] = "2");
        await AlterAsync(names[30], "blob-length", content: bytes => bytes[..^1]);
        await AlterAsync(names[40], "blob-chunk", content: bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);

        planted["blob-out-of-place"] = names[50];
        var other = container.GetBlobClient(names[51]);
        await container.GetBlobClient(names[50]).UploadAsync(
            (await other.DownloadContentAsync()).Value.Content, new BlobUploadOptions { Metadata = (await other.GetPropertiesAsync()).Value.Metadata });

        planted["blob-rollback"] = "rolled-back";
        await RollBackAsync(stack, "rolled-back");

        await stack.ForgeAsync(planted["blob-foreign"] = names[60], "forged");
        await container.GetBlobClient(planted["blob-gone"] = names[70]).DeleteAsync();
        await LeaveUnconfirmedAsync(stack, planted["blob-ahead-of-ledger"] = names[80]);
        stack.Time.Advance(stack.Options.LeftoverAge + TimeSpan.FromMinutes(1));

        async Task SeedAsync(string code, CurrentBranch branch, bool isRecorded = true)
        {
            planted[code] = code;
            await stack.SeedAsync(code, LifeStack.ContentOf(code), branch, isRecorded);
        }

        using var current = await stack.CurrentBranchAsync();
        await SeedAsync("blob-not-in-ledger", current, isRecorded: false);

        using var own = BranchKey.Generate();
        var version = await stack.VersionAsync(current.Wrapping.KeyId);
        await SeedAsync("blob-branch-not-pinned", new CurrentBranch(own, own.WrapWith(version.Id, version.RequirePublicKey())));

        await stack.BringAsync("stranger");
        using var strangers = await stack.CurrentBranchAsync("stranger");
        await SeedAsync("blob-key-not-accepted", strangers);

        await stack.BringAsync("second");
        using var lost = await stack.CurrentBranchAsync("second");
        await SeedAsync("blob-key-unknown", lost);
        await stack.Vault.DeleteKeyAsync("second", default);
        await stack.Vault.PurgeDeletedKeyAsync("second", default);

        var disabled = await stack.VersionAsync((await stack.BringAsync("disabled")).KeyId);
        using var taken = await stack.CurrentBranchAsync("disabled");
        await SeedAsync("blob-key-disabled", taken);
        stack.Vault.Replace(disabled with { Enabled = false });
        planted["key-revoked"] = "disabled";

        planted["upload-left-over"] = "forgotten.txt";
        await stack.Storage.Uploads.Client.GetBlobClient("forgotten.txt").UploadAsync(BinaryData.FromString("plain"));
    }

    /// <summary>An intact older state of a blob is put back over a newer one.</summary>
    private static async Task RollBackAsync(LifeStack stack, string name)
    {
        await stack.UploadAsync(name, LifeStack.ContentOf("old"));
        var blob = stack.Storage.Protected.Client.GetBlobClient(name);
        var (content, metadata) = ((await blob.DownloadContentAsync()).Value.Content, (await blob.GetPropertiesAsync()).Value.Metadata);
        await stack.UploadAsync(name, LifeStack.ContentOf("new"), overwrite: true);
        await blob.UploadAsync(content, new BlobUploadOptions { Metadata = metadata });
        Assert.Equal(LifeStack.ContentOf("old"), await stack.ReadAsync(name));
    }

    /// <summary>A rewrap under the same branch whose writer dies between its commit and the ledger.</summary>
    private static async Task LeaveUnconfirmedAsync(LifeStack stack, string name)
    {
        var blob = stack.Storage.Protected.Client.GetBlobClient(name);
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        var header = EnvelopeHeader.Parse(metadata, name);
        using var branch = await stack.CurrentBranchAsync();
        using var dek = branch.Key.OpenDek(header.SealedDek.Span, header.BlobId);
        var rewrapped = header.SealAnew(dek, branch.Key, branch.Wrapping, stack.Time.GetUtcNow(), name);
        await stack.Catalog.Records.IntendAsync([new BlobIntent("dead", name, rewrapped, BlobChange.Rewrap, BlobState.Of(header).Mac)], default);
        await blob.SetMetadataAsync(rewrapped.ToMetadata(metadata));
    }

    /// <summary>Neither a retirement nor a re-encryption takes a blob along; it stays as it is.</summary>
    private static async Task AssertRefusedAsync(LifeStack stack, string name)
    {
        var before = await stack.HeaderAsync(name);
        await Assert.ThrowsAsync<ForeignBlobException>(
            () => stack.Engine.RunAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = name }, $"reencrypt-{Guid.NewGuid():N}"));
        var rotated = await RotateKey.RotateKeyTests.RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = true });
        Assert.Equal((name, UnmovableReason.NotInLedger), rotated.Unmovable.Select(blob => (blob.Name, blob.Reason)).Single());
        Assert.Equal(0, rotated.Reencrypted);
        foreach (var deep in new[] { false, true })
        {
            var retired = await RetireBranch.RetireBranchTests.RetireAsync(stack, new() { KeyName = LifeStack.Key, Branch = before.Branch, Deep = deep });
            Assert.Equal((name, UnmovableReason.NotInLedger), retired.Unmovable.Select(blob => (blob.Name, blob.Reason)).Single());
            Assert.Equal((false, 0), (retired.IsRetired, retired.Moved));
        }

        Assert.Equal(BlobState.Of(before), BlobState.Of(await stack.HeaderAsync(name)));
    }

    private static async Task RewriteLedgerAsync(LifeStack stack, Action<List<string>> change)
    {
        var blob = stack.Storage.Ledger.GetAppendBlobClient("ledger-00000001.jsonl");
        var lines = (await blob.DownloadContentAsync()).Value.Content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        change(lines);
        await blob.CreateAsync();
        await blob.AppendBlockAsync(BinaryData.FromString(string.Join('\n', lines) + "\n").ToStream());
    }

    private static Task<AuditKeysResult> AuditAsync(LifeStack stack, int scrubPercent = 100) => stack.Engine.RunAsync<AuditKeysResult>(
        AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = scrubPercent }, $"audit-{Guid.NewGuid():N}");

    private static async Task<AuditReport> ReportAsync(LifeStack stack, int scrubPercent = 100) =>
        await stack.Catalog.Audits.ReadReportAsync((await AuditAsync(stack, scrubPercent)).ReportName, default);

    private static string Heading(string page) => page[(page.IndexOf("<div><h2>", StringComparison.Ordinal) + 9)..].Split('<')[0];
}
