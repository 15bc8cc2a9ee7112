using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using Byok.Client.Reading;
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
            DekCacheTime = TimeSpan.FromMilliseconds(1),
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
        await using var opened = await Pipeline.Reader.OpenAsync(name, DekSource.Vault, default);
        var content = new byte[opened.Header.Layout.PlaintextLength];
        await using var stream = new DecryptingStream(opened.Envelope, leaveOpen: true);
        await stream.ReadExactlyAsync(content);
        return content;
    }

    private async Task<EnvelopeHeader> HeaderAsync(string name) =>
        EnvelopeHeader.Parse((await _storage.Protected.Client.GetBlobClient(name).GetPropertiesAsync()).Value.Metadata, name);

    /// <summary>The DEK and the first BEK of a blob.</summary>
    private async Task<IReadOnlyList<byte[]>> SecretsOfAsync(string name)
    {
        var header = await HeaderAsync(name);
        var unwrapped = await _vault.UnwrapKeyAsync(header.KeyId, header.WrappedDek, default);
        using var dek = DataEncryptionKey.FromBytes(unwrapped);
        using var keys = dek.DeriveFor(header.BlobId);
        var beks = new byte[header.Layout.ChunkCount * 32];
        BekTable.OpenSegment(keys, header.Layout, 0, header.InlineTable, beks);
        return [unwrapped, beks[..32]];
    }

    private async Task<List<VaultKey>> VersionsAsync() => await _vault.ListKeyVersionsAsync(Key, default).ToListAsync();

    private async Task<AuditReport> AuditAsync(string id)
    {
        var result = await SucceedAsync<AuditKeysResult>(AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = 100 }, id);
        return await Pipeline.Audits.ReadReportAsync(result.ReportName, default);
    }

    private static byte[] Content(string name) => [.. System.Text.Encoding.UTF8.GetBytes($"content of {name}, "), .. RandomNumberGenerator.GetBytes(64)];
}
