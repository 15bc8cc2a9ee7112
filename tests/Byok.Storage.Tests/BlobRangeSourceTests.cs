using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Core.Errors;
using Byok.Testing;

namespace Byok.Storage.Tests;

public sealed class BlobRangeSourceTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 1000)]
    [InlineData(999, 1)]
    [InlineData(250, 500)]
    public async Task ReadAsync_RangeInside_GivesItsBytes(int offset, int length)
    {
        var (_, source) = await CreateAsync();
        var destination = new byte[length];

        await source.ReadAsync(offset, destination, CancellationToken.None);

        Assert.Equal(Content[offset..(offset + length)], destination);
        Assert.Equal(1000, source.Length);
    }

    [Fact]
    public async Task ReadAsync_NothingAskedFor_AsksNothing()
    {
        var requests = 0;
        var (_, source) = await CreateAsync(() => requests++);
        var before = requests;

        await source.ReadAsync(1000, Memory<byte>.Empty, CancellationToken.None);

        Assert.Equal(before, requests);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1000, 1)]
    [InlineData(500, 501)]
    public async Task ReadAsync_RangeOutside_IsAnIntegrityFailure(int offset, int length)
    {
        var (_, source) = await CreateAsync();

        await Assert.ThrowsAsync<IntegrityException>(() => source.ReadAsync(offset, new byte[length], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task ReadAsync_BlobChangedMeanwhile_NeverMixes()
    {
        var (blob, source) = await CreateAsync();
        await source.ReadAsync(0, new byte[10], CancellationToken.None);
        await blob.UploadAsync(BinaryData.FromBytes(Content), overwrite: true);

        await Assert.ThrowsAsync<ConcurrentWriteException>(() => source.ReadAsync(0, new byte[10], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task ReadAsync_MetadataChangedMeanwhile_NeverMixes()
    {
        var (blob, source) = await CreateAsync();
        await blob.SetMetadataAsync(new Dictionary<string, string> { ["new"] = "1" });

        await Assert.ThrowsAsync<ConcurrentWriteException>(() => source.ReadAsync(0, new byte[10], CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task ReadAsync_BlobDeletedMeanwhile_IsNotFoundOrChanged()
    {
        var (blob, source) = await CreateAsync();
        await blob.DeleteAsync();

        // The service says 404; the emulator looks at the condition first and says 412.
        var failure = await Assert.ThrowsAnyAsync<PermanentByokException>(() => source.ReadAsync(0, new byte[10], CancellationToken.None).AsTask());
        Assert.True(failure is BlobNotFoundException or ConcurrentWriteException, failure.ToString());
    }

    private async Task<(BlobClient Blob, BlobRangeSource Source)> CreateAsync(Action? onRequest = null)
    {
        var transport = new HttpClientTransport(new HttpClient(new FaultyHandler((_, next) =>
        {
            onRequest?.Invoke();
            return next();
        })));
        var account = await azurite.CreateAccountAsync(transport);
        var blob = account.Protected.GetBlobClient("blob");
        var uploaded = await blob.UploadAsync(BinaryData.FromBytes(Content));
        return (blob, new BlobRangeSource(blob, uploaded.Value.ETag, Content.Length));
    }
}
