using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.AuditKeys;
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
        Assert.Equal(26, Assert.Single(report.Coverage).Value);
        Assert.Equal("All is well", Heading(await stack.Catalog.Audits.ReadPageAsync("latest", default)));
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
        Assert.Contains("generation 1; the ledger knows 2", finding.Detail, StringComparison.Ordinal);

        stack.Time.Advance(TimeSpan.FromMinutes(1));
        await stack.UploadAsync("blob", LifeStack.ContentOf("newest"), overwrite: true);
        Assert.Equal(1, (await RotateKey.RotateKeyTests.RotateAsync(stack)).Rewrapped);
        Assert.Empty((await ReportAsync(stack)).Findings);
    }

    [Fact]
    public async Task Audit_ForgedBlobWithIdAndGenerationOfOurs_IsFoundWithoutScrubAndNeverMadeOurs()
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
        await RotateKey.RotateKeyTests.RotateAsync(stack);

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
        metadata[EnvelopeFields.Generation] = "7";
        await blob.SetMetadataAsync(metadata);
        stack.Time.Advance(stack.Options.LeftoverAge + TimeSpan.FromMinutes(1));

        Assert.Equal(["blob-header"], (await ReportAsync(stack)).FindingCounts.Keys);

        Assert.Single(await stack.Ledger.ReadAsync(default).Where(entry => entry.Event.Kind == "blob.confirmed").ToListAsync());
    }

    [Fact]
    public async Task AuditGenerations_MoreNamesThanFit_FindsTheSameInParts()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(60);
        foreach (var name in names.Take(20))
        {
            await stack.Storage.Protected.Client.GetBlobClient(name).DeleteAsync();
        }

        await stack.ForgeAsync(names[30], "forged");
        var audit = new AuditGenerations(stack.Storage, stack.Ledger, stack.Catalog.Reader, stack.Catalog.Records, stack.Options, stack.Time, maxNames: 10);
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
        planted["key-drift"] = stack.Vault.AddActiveKey("drift").Id.ToString();

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
        await AlterAsync(names[20], "blob-header", fields => fields[EnvelopeFields.Generation] = "2");
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

        async Task SeedAsync(string code, VaultKey key, bool isRecorded = true)
        {
            planted[code] = code;
            await stack.SeedAsync(code, LifeStack.ContentOf(code), key, isRecorded: isRecorded);
        }

        await SeedAsync("blob-not-in-ledger", (await stack.VersionsAsync())[0], isRecorded: false);
        using var rsa = RSA.Create(2048);
        await SeedAsync("blob-key-unknown", (await stack.VersionsAsync())[0] with
        {
            Id = new KeyIdentifier(stack.Vault.VaultUri, "nobody", "0"),
            PublicKey = RsaPublicKey.FromParameters(rsa.ExportParameters(false)),
        });

        var disabled = await stack.VersionAsync((await stack.BringAsync("disabled")).KeyId);
        await SeedAsync("blob-key-disabled", disabled);
        stack.Vault.Replace(disabled with { Enabled = false });
        planted["key-revoked"] = "disabled";

        var retired = await stack.VersionAsync((await stack.BringAsync("retired")).KeyId);
        await SeedAsync("blob-on-retired-key", retired);
        await stack.BringAsync("retired");
        stack.Vault.Replace(retired with { Tags = new Dictionary<string, string>(retired.Tags) { [KeyTags.State] = KeyTags.Retired } });

        await SeedAsync("blob-key-moved", await stack.VersionAsync((await stack.BringAsync("moved")).KeyId));
        await stack.Vault.DeleteKeyAsync("moved", default);
        await stack.Vault.PurgeDeletedKeyAsync("moved", default);
        await stack.BringAsync("moved");

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

    /// <summary>A rewrap under the same version whose writer dies between its commit and the ledger.</summary>
    private static async Task LeaveUnconfirmedAsync(LifeStack stack, string name)
    {
        var blob = stack.Storage.Protected.Client.GetBlobClient(name);
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        var header = EnvelopeHeader.Parse(metadata, name);
        using var dek = await new DekUnwrapper(stack.Vault).UnwrapAsync(header.KeyId, header.WrappedDek.ToArray(), default);
        using var keys = dek.DeriveFor(header.BlobId);
        var publicKey = (await stack.VersionAsync(header.KeyId)).RequirePublicKey();
        var rewrapped = header.WithWrappedDek(header.KeyId, publicKey.Thumbprint, dek.WrapWith(publicKey), keys, name);
        await stack.Catalog.Records.IntendAsync([new BlobIntent("dead", name, rewrapped, BlobChange.Rewrap, BlobState.Of(header).Mac)], default);
        await blob.SetMetadataAsync(rewrapped.ToMetadata(metadata));
    }

    /// <summary>Neither a rotation nor a re-encryption takes a blob along; it stays as it is.</summary>
    private static async Task AssertRefusedAsync(LifeStack stack, string name)
    {
        var before = await stack.HeaderAsync(name);
        await Assert.ThrowsAsync<ForeignBlobException>(
            () => stack.Engine.RunAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = name }, $"reencrypt-{Guid.NewGuid():N}"));
        foreach (var deep in new[] { false, true })
        {
            var rotated = await RotateKey.RotateKeyTests.RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = deep });
            Assert.Equal((name, UnmovableReason.NotInLedger), rotated.Unmovable.Select(blob => (blob.Name, blob.Reason)).Single());
            Assert.Equal(0, rotated.Rewrapped);
            Assert.NotEmpty(rotated.KeptEnabled);
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
