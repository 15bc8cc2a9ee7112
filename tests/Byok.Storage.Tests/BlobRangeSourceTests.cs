using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
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

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(5000)]
    public async Task OpenAtStartAsync_FirstReadAtStart_IsTheRequestThatDescribed(int lengthAsked)
    {
        var requests = 0;
        var (blob, other) = await CreateAsync(() => requests++);
        await blob.SetMetadataAsync(new Dictionary<string, string> { ["key"] = "value" });
        var before = requests;
        var destination = new byte[Math.Min(lengthAsked, Content.Length)];

        var (stored, source) = await BlobRangeSource.OpenAtStartAsync(blob, "data", lengthAsked, CancellationToken.None);
        using (source)
        {
            await source.ReadAsync(0, destination, CancellationToken.None);
            Assert.Equal(before + 1, requests);
            Assert.Equal(Content[..destination.Length], destination);

            await source.ReadAsync(0, destination, CancellationToken.None); // once only: this one asks again
            Assert.Equal(before + 2, requests);
            Assert.Equal(Content[..destination.Length], destination);
        }

        var described = ProtectedBlob.From("data", await blob.GetPropertiesAsync());
        Assert.Equal((described.Name, described.ETag, described.Length, described.LastModified), (stored.Name, stored.ETag, stored.Length, stored.LastModified));
        Assert.Equal(described.Metadata, stored.Metadata);
        Assert.Equal(other.Length, source.Length);
    }

    [Theory]
    [InlineData(0, 11)] // longer than what has come
    [InlineData(1, 10)]
    [InlineData(990, 10)]
    public async Task OpenAtStartAsync_OtherRead_GetsItsOwnBytes(int offset, int length)
    {
        var (blob, _) = await CreateAsync();
        var destination = new byte[length];
        var start = new byte[10];

        var (_, source) = await BlobRangeSource.OpenAtStartAsync(blob, "data", 10, CancellationToken.None);
        using (source)
        {
            await source.ReadAsync(offset, destination, CancellationToken.None);
            await source.ReadAsync(0, start, CancellationToken.None);
        }

        Assert.Equal(Content[offset..(offset + length)], destination);
        Assert.Equal(Content[..10], start);
    }

    [Fact]
    public async Task OpenAtStartAsync_ChangedAfterTheFirstRead_NeverMixes()
    {
        var (blob, _) = await CreateAsync();
        var (_, source) = await BlobRangeSource.OpenAtStartAsync(blob, "data", 10, CancellationToken.None);
        using (source)
        {
            await blob.UploadAsync(BinaryData.FromBytes(Content), overwrite: true);
            await source.ReadAsync(0, new byte[10], CancellationToken.None); // had come already

            await Assert.ThrowsAsync<ConcurrentWriteException>(() => source.ReadAsync(10, new byte[10], CancellationToken.None).AsTask());
        }
    }

    [Fact]
    public async Task OpenAtStartAsync_EmptyBlob_IsDescribed()
    {
        var (blob, _) = await CreateAsync();
        await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["key"] = "value" } });

        var (stored, source) = await BlobRangeSource.OpenAtStartAsync(blob, "data", 10, CancellationToken.None);

        using (source)
        {
            Assert.Equal((0, 0), (stored.Length, source.Length));
            Assert.Equal("value", stored.Metadata["key"]);
        }
    }

    [Fact]
    public async Task OpenAtStartAsync_NoSuchBlob_SaysSo()
    {
        var (blob, _) = await CreateAsync();
        await blob.DeleteAsync();

        await Assert.ThrowsAsync<BlobNotFoundException>(() => BlobRangeSource.OpenAtStartAsync(blob, "data", 10, CancellationToken.None));
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
        var blob = account.Protected.Client.GetBlobClient("blob");
        var uploaded = await blob.UploadAsync(BinaryData.FromBytes(Content));
        return (blob, new BlobRangeSource(blob, uploaded.Value.ETag, Content.Length));
    }
}
