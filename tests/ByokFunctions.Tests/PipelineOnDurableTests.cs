using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Reading;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Writing;
using Byok.Storage;
using Byok.Testing;

namespace ByokFunctions.Tests;

/// <summary>The pipeline's orchestrations on the Durable Functions engine.</summary>
public sealed class PipelineOnDurableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private readonly InMemoryVault _vault = new();
    private readonly InMemoryHsm _hsm = new();
    private readonly InMemoryLedger _ledger = new();

    [Fact]
    public async Task BringKey_WithoutApprovals_PutsTheHsmsKeyInUse()
    {
        using var pipeline = Compose(new PipelineOptions());
        await using var engine = await DurableEngine.StartAsync(pipeline);

        var status = await engine.RunAsync(BringKeyOrchestration.Name, Bring("master", "m-1"), "bring-1");

        var result = Result<BringKeyResult>(status);
        var inHsm = Assert.Single(await _hsm.ListMasterKeysAsync(default));
        var inVault = await _vault.GetKeyAsync("master", null, default);
        Assert.Equal(inHsm.PublicKey, inVault.PublicKey);
        Assert.Equal(inVault.Id, result.KeyId);
        Assert.Equal(KeyTags.Active, inVault.Tags[KeyTags.State]);
        Assert.Contains(_ledger.Events, entry => entry.Kind == "key.activated" && entry.CorrelationId == "bring-1");
    }

    [Fact]
    public async Task BringKey_WithApprovals_WaitsForAsManyDifferentOnes()
    {
        using var pipeline = Compose(new PipelineOptions { RequiredApprovals = 2 });
        await using var engine = await DurableEngine.StartAsync(pipeline);
        await engine.Client.ScheduleAsync(BringKeyOrchestration.Name, Bring("master", "m-1"), "bring-1", default);
        await engine.UntilAsync("bring-1", status => Stage(status) == "waiting for approvals");

        await engine.Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "a.b.c", default);
        await engine.Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "a.b.c", default);
        await engine.UntilAsync("bring-1", status => status.CustomStatus?.GetProperty("approvalsGiven").GetInt32() == 1);
        await engine.Client.RaiseEventAsync("bring-1", BringKeyOrchestration.ApprovalEvent, "d.e.f", default);

        Assert.Equal(2, Result<BringKeyResult>(await engine.EndOfAsync("bring-1")).Approvals);
    }

    [Fact]
    public async Task BringKey_WithoutApprovalsInTime_EndsRefusedAndLeavesNoKek()
    {
        using var pipeline = Compose(new PipelineOptions { RequiredApprovals = 1, KekLifetime = TimeSpan.FromSeconds(3) });
        await using var engine = await DurableEngine.StartAsync(pipeline);

        var status = await engine.RunAsync(BringKeyOrchestration.Name, Bring("master", "m-1"), "bring-1");

        Assert.IsType<ExportRefusedException>(status.Failure!.ToException());
        Assert.Empty(await _vault.ListKeysAsync(default).ToListAsync());
    }

    [Fact]
    public async Task BringKey_OfAMissingMasterKey_FailsWithThatType()
    {
        using var pipeline = Compose(new PipelineOptions());
        await using var engine = await DurableEngine.StartAsync(pipeline);

        var status = await engine.RunAsync(BringKeyOrchestration.Name, new BringKeyInput { KeyName = "master", KeyLabel = "none" }, "bring-1");

        Assert.IsType<HsmKeyNotFoundException>(status.Failure!.ToException());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(EnvelopePlan.StandardChunkSizeInBytes + 1)]
    [InlineData((EnvelopePlan.MinChunksPerSegment * EnvelopePlan.StandardChunkSizeInBytes) + 1)]
    public async Task EncryptBlob_OfAnySize_ComesBackTheSame(int length)
    {
        var storage = await azurite.CreateAccountAsync();
        _vault.AddActiveKey("master");
        using var pipeline = Compose(new PipelineOptions { DefaultKey = "master" }, storage);
        await using var engine = await DurableEngine.StartAsync(pipeline);
        var plaintext = RandomNumberGenerator.GetBytes(length);
        var input = await UploadAsync(storage, "a/b.bin", plaintext);

        var status = await engine.RunAsync(EncryptBlobOrchestration.Name, input, "encrypt-1");

        var result = Result<EncryptBlobResult>(status);
        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(length > 64 << 20 ? 5 : 1, result.Activities);
        Assert.Equal(plaintext, await ReadAsync(pipeline, "a/b.bin"));
        Assert.False(await storage.Uploads.GetBlobClient("a/b.bin").ExistsAsync());
    }

    [Fact]
    public async Task EncryptBlob_WithTheKeyOff_FailsAtOnceAndKeepsTheUpload()
    {
        var storage = await azurite.CreateAccountAsync();
        using var pipeline = Compose(new PipelineOptions { DefaultKey = "master" }, storage);
        await using var engine = await DurableEngine.StartAsync(pipeline);
        var input = await UploadAsync(storage, "a.bin", [1, 2, 3]);

        var status = await engine.RunAsync(EncryptBlobOrchestration.Name, input, "encrypt-1");

        Assert.IsType<KeyUnavailableException>(status.Failure!.ToException());
        Assert.True(await storage.Uploads.GetBlobClient("a.bin").ExistsAsync());
    }

    [Fact]
    public async Task History_OfEveryOrchestration_HoldsNoSecret()
    {
        var storage = await azurite.CreateAccountAsync();
        using var pipeline = Compose(
            new PipelineOptions { DefaultKey = "master", GracePeriod = TimeSpan.Zero, KeyCacheTime = TimeSpan.FromMilliseconds(1) }, storage);
        await using var engine = await DurableEngine.StartAsync(pipeline);
        var planted = $"planted-{Guid.NewGuid():N}";

        Result<BringKeyResult>(await engine.RunAsync(BringKeyOrchestration.Name, Bring("master", "m-1"), "bring-1"));
        var input = await UploadAsync(storage, "a.txt", Encoding.UTF8.GetBytes(planted));
        Result<EncryptBlobResult>(await engine.RunAsync(EncryptBlobOrchestration.Name, input, "encrypt-1"));
        var deks = new List<byte[]> { await DekOfAsync(storage, "a.txt") };
        Result<RotateKeyResult>(await engine.RunAsync(
            RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = "master", NewLabel = "m-2", GenerateSizeInBits = 2048, Deep = true }, "rotate-1"));
        deks.Add(await DekOfAsync(storage, "a.txt"));

        Assert.Equal(planted, Encoding.UTF8.GetString(await ReadAsync(pipeline, "a.txt")));
        Assert.Equal(2, (await _vault.ListKeyVersionsAsync("master", default).ToListAsync()).Count);
        Assert.False(deks[0].AsSpan().SequenceEqual(deks[1]), "A deep rotation draws a new DEK.");
        var history = string.Join('\n', engine.Payloads);
        Assert.Contains("master", history, StringComparison.Ordinal);
        foreach (var secret in deks.Append(Encoding.UTF8.GetBytes(planted)))
        {
            Assert.All(Spellings(secret), spelling => Assert.DoesNotContain(spelling, history, StringComparison.OrdinalIgnoreCase));
        }
    }

    public void Dispose()
    {
        _vault.Dispose();
        _hsm.Dispose();
    }

    private static BringKeyInput Bring(string name, string label) => new() { KeyName = name, KeyLabel = label, GenerateSizeInBits = 2048 };

    private static string? Stage(OrchestrationStatus status) => status.CustomStatus?.GetProperty("stage").GetString();

    private static T Result<T>(OrchestrationStatus status)
    {
        Assert.True(status.State == OrchestrationState.Completed, $"{status.InstanceId}: {status.State} {status.Failure}");
        return status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!;
    }

    private static async Task<EncryptBlobInput> UploadAsync(StorageAccount storage, string name, byte[] content)
    {
        var etag = (await storage.Uploads.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(content), new BlobUploadOptions())).Value.ETag;
        return new EncryptBlobInput { BlobName = name, ETag = etag.ToString() };
    }

    private static async Task<byte[]> ReadAsync(PipelineCatalog pipeline, string name)
    {
        await using var opened = await pipeline.Reader.OpenAsync(name, DekSource.Cache, default);
        var content = new byte[opened.Header.Layout.PlaintextLength];
        await using var stream = new DecryptingStream(opened.Envelope, leaveOpen: true);
        await stream.ReadExactlyAsync(content);
        return content;
    }

    private async Task<byte[]> DekOfAsync(StorageAccount storage, string name)
    {
        var metadata = (await storage.Protected.GetBlobClient(name).GetPropertiesAsync()).Value.Metadata;
        var header = EnvelopeHeader.Parse(metadata, name);
        return await _vault.UnwrapKeyAsync(header.KeyId, header.WrappedDek, default);
    }

    private static IEnumerable<string> Spellings(byte[] secret)
    {
        yield return Convert.ToHexString(secret);
        yield return Convert.ToBase64String(secret).TrimEnd('=');
        yield return Base64Url.EncodeToString(secret);
        yield return string.Join(',', secret);
        if (secret.All(b => b is > 31 and < 127))
        {
            yield return Encoding.ASCII.GetString(secret);
        }
    }

    private PipelineCatalog Compose(PipelineOptions options, StorageAccount? storage = null) =>
        TestPipeline.Compose(_vault, _hsm, storage ?? TestPipeline.NoStorage, options with { KekSizeInBits = 2048 }, _ledger);
}
