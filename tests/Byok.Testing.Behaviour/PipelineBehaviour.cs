using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using Byok.Storage.Ledger;

namespace Byok.Testing.Behaviour;

/// <summary>
/// What the pipeline does on any host: the same tests over each engine, with the real emulator, the real ledger, and doubles of vault and HSM.
/// What is proven here is that orchestrations run there as they are; what they do in each corner, the tests of each orchestration prove.
/// </summary>
public abstract partial class PipelineBehaviour(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Key = "customer-key";
    private readonly InMemoryVault _vault = new(TimeProvider.System);
    private readonly InMemoryHsm _hsm = new();
    private StorageAccount _storage = null!;
    private TestPipeline? _pipeline;
    private IPipelineEngine? _engine;

    public async Task InitializeAsync()
    {
        _vault.CreateRsa = _hsm.CreateRsa = new PreparedKeys().Create;
        _storage = await azurite.CreateAccountAsync();
    }

    public async Task DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        _pipeline?.Dispose();
        _vault.Dispose();
        _hsm.Dispose();
    }

    /// <summary>Starts the engine on the pipeline's orchestrations and activities.</summary>
    protected abstract Task<IPipelineEngine> StartEngineAsync(TestPipeline pipeline);

    private ILedger Ledger => new BlobLedger(_storage.Ledger, TimeProvider.System);

    private IOrchestrationClient Client => _engine!.Client;

    private TestPipeline Pipeline => _pipeline!;

    /// <summary>Small keys and pages, no grace, and a cache so short that a rotation waits for no writer.</summary>
    private Task StartAsync(Func<PipelineOptions, PipelineOptions>? change = null)
    {
        var options = new PipelineOptions
        {
            DefaultKey = Key,
            KekSizeInBits = 2048,
            BlobsPerPage = 1,
            GracePeriod = TimeSpan.Zero,
            KeyCacheTime = TimeSpan.FromMilliseconds(1),
        };
        return StartAsync(change?.Invoke(options) ?? options);
    }

    private async Task StartAsync(PipelineOptions options)
    {
        _pipeline = new TestPipeline(_vault, _hsm, _storage, Ledger, options, TimeProvider.System);
        _engine = await StartEngineAsync(_pipeline);
    }

    private static BringKeyInput Bring(string label) => new() { KeyName = Key, KeyLabel = label, GenerateSizeInBits = 2048 };

    private async Task<OrchestrationStatus> RunAsync(string name, object input, string id)
    {
        Assert.True(await Client.ScheduleAsync(name, input, id, default));
        return await UntilAsync(id, status => status.IsEnded);
    }

    private async Task<T> SucceedAsync<T>(string name, object input, string id)
    {
        var status = await RunAsync(name, input, id);
        Assert.True(status.State == OrchestrationState.Completed, $"{id}: {status.State} {status.Failure}");
        return status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!;
    }

    private async Task<OrchestrationStatus> UntilAsync(string id, Func<OrchestrationStatus, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (true)
        {
            if (await Client.GetAsync(id, limit.Token) is { } status && condition(status))
            {
                return status;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private async Task<EncryptBlobInput> UploadAsync(string name, byte[] content)
    {
        var etag = (await _storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(content), new BlobUploadOptions())).Value.ETag;
        return new EncryptBlobInput { BlobName = name, ETag = etag.ToString() };
    }

    private async Task<EncryptBlobResult> ProtectAsync(string name, byte[] content) =>
        await SucceedAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, await UploadAsync(name, content), $"encrypt-{name.Replace('/', '-')}");

    private async Task<byte[]> ReadAsync(string name)
    {
        await using var opened = await Pipeline.Reader.OpenAsync(name, PinFreshness.Now, default);
        var content = new byte[opened.Envelope.Layout.PlaintextLength];
        await using var stream = new DecryptingStream(opened.Envelope);
        await stream.ReadExactlyAsync(content);
        return content;
    }

    private async Task<EnvelopeHeader> HeaderAsync(string name) =>
        EnvelopeHeader.Parse((await _storage.Protected.Client.GetBlobClient(name).GetPropertiesAsync()).Value.Metadata, name);

    /// <summary>The DEK and the first BEK of a blob, and its branch key.</summary>
    private async Task<IReadOnlyList<byte[]>> SecretsOfAsync(string name)
    {
        var header = await HeaderAsync(name);
        var wrapping = (await new BranchRecords(_storage.Branches).FindAsync(Key, header.Branch, default))!.Wrappings[0];
        var branchKey = await _vault.UnwrapKeyAsync(wrapping.KeyId, wrapping.WrappedKey, default);
        using var branch = BranchKey.FromUnwrapped(branchKey, header.Branch);
        using var dek = branch.OpenDek(header.SealedDek.Span, header.BlobId);
        using var keys = dek.DeriveFor(header.BlobId);
        var layout = header.Verify(keys, _storage.Protected.Name, name);
        var beks = new byte[layout.ChunkCount * 32];
        BekTable.OpenSegment(keys, layout, 0, header.InlineTable, beks);
        return [OpenDek(header, branchKey), beks[..32], branchKey];
    }

    /// <summary>By docs/FORMAT.md, section 4: the product does not give the bytes away.</summary>
    private static byte[] OpenDek(EnvelopeHeader header, byte[] branchKey)
    {
        var (blobId, branch, dek) = (new byte[16], new byte[32], new byte[32]);
        header.BlobId.CopyTo(blobId);
        header.Branch.CopyTo(branch);
        using var aes = new AesGcm(HKDF.DeriveKey(HashAlgorithmName.SHA256, branchKey, 32, blobId, "byok/v1/dek"u8.ToArray()), 16);
        byte[] associatedData = [.. "BYOK"u8, 1, 3, 0, 0, .. blobId, .. branch];
        aes.Decrypt(header.SealedDek.Span[..12], header.SealedDek.Span[12..44], header.SealedDek.Span[44..], dek, associatedData);
        return dek;
    }

    private async Task<List<VaultKey>> VersionsAsync() => await _vault.ListKeyVersionsAsync(Key, default).ToListAsync();

    private async Task<AuditReport> AuditAsync(string id)
    {
        var result = await SucceedAsync<AuditKeysResult>(AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = 100 }, id);
        return await Pipeline.Audits.ReadReportAsync(result.ReportName, default);
    }

    private static byte[] Content(string name) => [.. System.Text.Encoding.UTF8.GetBytes($"content of {name}, "), .. RandomNumberGenerator.GetBytes(64)];
}
