using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.CommandLine;
using Byok.Testing.Replay;

namespace Byok.EndToEnd.Tests.Tampering;

/// <summary>Every single byte of a stored blob and every character of its envelope, through the one read path and the real emulator.</summary>
public sealed class ReadPathTamperingTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Name = "small";
    private readonly InMemoryVault _vault = new();
    private readonly byte[] _plaintext = TestBytes.Create(200);
    private StorageAccount _storage = null!;
    private TestPipeline _catalog = null!;
    private byte[] _content = null!;
    private Dictionary<string, string> _metadata = null!;

    public async Task InitializeAsync()
    {
        _storage = await azurite.CreateAccountAsync();
        await _vault.AddPinnedKeyAsync(_storage, "customer-key");
        _catalog = new TestPipeline(
            _vault, null, _storage, new InMemoryLedger(), new PipelineOptions { DefaultKey = "customer-key" }, TimeProvider.System);
        var upload = await _storage.Uploads.Client.GetBlobClient(Name).UploadAsync(BinaryData.FromBytes(_plaintext));
        var engine = new ReplayEngine(_catalog.Activities, TimeProvider.System);
        await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, new EncryptBlobInput { BlobName = Name, ETag = upload.Value.ETag.ToString() });
        var stored = (await Blob.DownloadContentAsync()).Value;
        _content = stored.Content.ToArray();
        _metadata = new Dictionary<string, string>(stored.Details.Metadata);
    }

    public Task DisposeAsync()
    {
        _catalog.Dispose();
        _vault.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Read_EveryByteFlipped_IsRefused()
    {
        for (var position = 0; position < _content.Length; position++)
        {
            var altered = _content.ToArray();
            altered[position] ^= (byte)(1 << (position % 8));
            await WriteAsync(altered, _metadata);
            await AssertRefusedAsync($"byte {position}");
        }
    }

    [Fact]
    public async Task Read_TruncatedAtEveryLength_IsRefused()
    {
        for (var length = 0; length < _content.Length; length++)
        {
            await WriteAsync(_content[..length], _metadata);
            await AssertRefusedAsync($"length {length}");
        }
    }

    [Fact]
    public async Task Read_EveryCharacterOfTheEnvelopeAltered_IsRefused()
    {
        await WriteAsync(_content, _metadata);
        foreach (var (field, value) in _metadata)
        {
            for (var position = 0; position < value.Length; position++)
            {
                var character = value[position] == '1' ? '2' : '1';
                await Blob.SetMetadataAsync(new Dictionary<string, string>(_metadata) { [field] = value[..position] + character + value[(position + 1)..] });
                await AssertRefusedAsync($"{field}, character {position}");
            }
        }
    }

    [Fact]
    public async Task Read_Untouched_GivesThePlaintext()
    {
        await WriteAsync(_content, _metadata);
        Assert.Equal(_plaintext, await ReadAsync());
    }

    private BlockBlobClient Blob => _storage.Protected.Client.GetBlockBlobClient(Name);

    private Task WriteAsync(byte[] content, Dictionary<string, string> metadata) =>
        Blob.UploadAsync(new MemoryStream(content), new BlobUploadOptions { Metadata = metadata });

    private async Task<byte[]> ReadAsync()
    {
        await using var blob = await _catalog.Reader.OpenAsync(Name, PinFreshness.Now, CancellationToken.None);
        var plaintext = new byte[blob.Envelope.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(
            blob.Envelope,
            1,
            (offset, bytes, _) =>
            {
                bytes.CopyTo(plaintext.AsMemory((int)offset));
                return ValueTask.CompletedTask;
            });
        return plaintext;
    }

    private async Task AssertRefusedAsync(string what)
    {
        try
        {
            await ReadAsync();
        }
        catch (EnvelopeException)
        {
            return;
        }

        Assert.Fail($"Read in spite of an altered {what}.");
    }
}
