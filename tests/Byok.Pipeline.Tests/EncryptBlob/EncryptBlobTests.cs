using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Client.Reading;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;
using Byok.Testing;

namespace Byok.Pipeline.Tests.EncryptBlob;

public sealed class EncryptBlobTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Chunk = EnvelopePlan.StandardChunkSizeInBytes;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(3 * Chunk)]
    [InlineData((16 * Chunk) + 5)]
    public async Task Run_AnyLength_ComesBackIdentical(int length)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        var key = await pipeline.AddKeyAsync();
        var plaintext = RandomNumberGenerator.GetBytes(length);

        var result = await EncryptAsync(pipeline, "folder/data.bin", plaintext);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(key.Id, result.KeyId);
        Assert.Equal((length + Chunk - 1) / Chunk, result.Chunks);
        Assert.Equal(plaintext, await DecryptAsync(pipeline, "folder/data.bin"));
        Assert.False(await pipeline.Storage.Uploads.Client.GetBlobClient("folder/data.bin").ExistsAsync());
        Assert.Equal(["blob.intended", "blob.confirmed"], pipeline.Ledger.Events.Select(recorded => recorded.Kind));
    }

    /// <summary>Names that we would not give, and other clients do.</summary>
    [Theory]
    [InlineData("/leading")]
    [InlineData("trailing/")]
    [InlineData("a//b")]
    [InlineData("dot.")]
    public async Task Run_NameWithSlashesOrDotAtTheWrongPlace_IsProtectedUnderThatName(string name)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var plaintext = RandomNumberGenerator.GetBytes(100);

        var result = await EncryptAsync(pipeline, name, plaintext);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(plaintext, await DecryptAsync(pipeline, name));
        Assert.Equal([name], await pipeline.Storage.Protected.Client.GetBlobsAsync().Select(blob => blob.Name).ToListAsync());
        Assert.Empty(await pipeline.Storage.Uploads.Client.GetBlobsAsync().ToListAsync());
    }

    [Fact]
    public async Task Run_SmallBlob_IsOneActivity()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var engine = pipeline.Engine();

        var input = await UploadAsync(pipeline, "small", RandomNumberGenerator.GetBytes(5000));
        await engine.RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input);

        Assert.Equal([BeginEncryption.Name], engine.Activities);
        Assert.Equal(1, pipeline.Vault.Unwraps); // the verification's; writing asks the vault nothing
    }

    [Fact]
    public async Task Run_NewBlobOfOneChunk_TakesFourRequestsAndTheDisposal()
    {
        var counter = new RequestCounter();
        using var pipeline = await PipelineFixture.CreateAsync(azurite, configure: options => options.AddPolicy(counter, HttpPipelinePosition.PerRetry));
        await pipeline.AddKeyAsync();
        var input = await UploadAsync(pipeline, "small", RandomNumberGenerator.GetBytes(Chunk));
        counter.Reset();

        await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input);

        var (uploads, @protected) = (pipeline.Storage.Uploads.Name, pipeline.Storage.Protected.Name);
        Assert.Equal((2, 1), (counter.Reads(uploads), counter.Writes(uploads)));
        Assert.Equal((1, 1), (counter.Reads(@protected), counter.Writes(@protected)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(Chunk + 1)]
    public async Task Run_BlocksThatNobodyCommittedInTheWay_IsProtected(int length)
    {
        // What a large upload of that name has left that was never finished, or a deep rotation whose blob was deleted meanwhile.
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        using var leftover = new MemoryStream([1, 2, 3]);
        await pipeline.Storage.Protected.Client.GetBlockBlobClient("data").StageBlockAsync(BlockIds.ForData(new string('a', 32), 0, 0), leftover);
        var plaintext = RandomNumberGenerator.GetBytes(length);

        var result = await EncryptAsync(pipeline, "data", plaintext);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(plaintext, await DecryptAsync(pipeline, "data"));
    }

    [Theory]
    [InlineData(5)] // one request
    [InlineData(Chunk + 1)] // blocks and their list
    public async Task Run_UploadWithHeadersMetadataTagsAndTier_KeepsThem(int length)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync("special");
        var options = new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders { ContentType = "text/plain", ContentLanguage = "de", CacheControl = "no-store", ContentDisposition = "inline", ContentEncoding = "identity" },
            Metadata = new Dictionary<string, string> { ["department"] = "legal", ["byok_key"] = "special" },
            Tags = new Dictionary<string, string> { ["year"] = "2026" },
            AccessTier = AccessTier.Cool,
        };

        var input = await UploadAsync(pipeline, "note.txt", RandomNumberGenerator.GetBytes(length), options);
        await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input);

        var target = pipeline.Storage.Protected.Client.GetBlobClient("note.txt");
        var properties = (await target.GetPropertiesAsync()).Value;
        Assert.Equal("text/plain", properties.ContentType);
        Assert.Equal("de", properties.ContentLanguage);
        Assert.Equal("no-store", properties.CacheControl);
        Assert.Equal("inline", properties.ContentDisposition);
        Assert.Equal("identity", properties.ContentEncoding);
        Assert.Equal("Cool", properties.AccessTier);
        Assert.Equal("legal", properties.Metadata["department"]);
        Assert.DoesNotContain("byok_key", properties.Metadata.Keys);
        Assert.Equal("2026", (await target.GetTagsAsync()).Value.Tags["year"]);
        Assert.Equal("special", EnvelopeHeader.Parse(properties.Metadata, "note.txt").Wrapping.KeyId.Name);
    }

    [Fact]
    public async Task Run_MuchUserMetadata_PutsTheTableIntoTheTail()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var plaintext = RandomNumberGenerator.GetBytes((17 * Chunk) + 1);
        var metadata = new Dictionary<string, string> { ["note"] = new string('x', 6400) };

        var input = await UploadAsync(pipeline, "large", plaintext, new BlobUploadOptions { Metadata = metadata });
        await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input);

        var stored = await pipeline.Catalog.Reader.DescribeAsync("large", CancellationToken.None);
        Assert.Equal(TablePlacement.Tail, EnvelopeHeader.Parse(stored.Metadata, "large").Placement);
        Assert.Equal(plaintext, await DecryptAsync(pipeline, "large"));
    }

    [Fact]
    public async Task Run_UserMetadataWithoutRoom_FailsAndKeepsTheUpload()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var metadata = new Dictionary<string, string> { ["note"] = new string('x', 7000) };
        var input = await UploadAsync(pipeline, "fat", [1, 2, 3], new BlobUploadOptions { Metadata = metadata });

        await Assert.ThrowsAsync<MetadataBudgetExceededException>(() => pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input));

        Assert.True(await pipeline.Storage.Uploads.Client.GetBlobClient("fat").ExistsAsync());
        Assert.False(await pipeline.Storage.Protected.Client.GetBlobClient("fat").ExistsAsync());
    }

    [Theory]
    [InlineData("caf\u00e9", "inline")]
    [InlineData("coffee", "attachment; filename=\"caf\u00e9\"")]
    public async Task Run_HeadersThatCannotBeSentOn_FailsAtOnceAndKeepsTheUpload(string metadata, string disposition)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1 });
        var other = new BlobServiceClient(azurite.ConnectionString, StorageAccount.CreateClientOptions(new HttpClientTransport(http)));
        var options = new BlobUploadOptions
        {
            Metadata = new Dictionary<string, string> { ["note"] = metadata },
            HttpHeaders = new BlobHttpHeaders { ContentDisposition = disposition },
        };
        var upload = await other.GetBlobContainerClient(pipeline.Storage.Uploads.Name).GetBlobClient("foreign").UploadAsync(BinaryData.FromString("abc"), options);
        var input = new EncryptBlobInput { BlobName = "foreign", ETag = upload.Value.ETag.ToString() };

        await Assert.ThrowsAsync<UnprotectableUploadException>(() => pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input));

        Assert.True(await pipeline.Storage.Uploads.Client.GetBlobClient("foreign").ExistsAsync());
    }

    [Theory]
    [InlineData("back\\slash")]
    [InlineData("a/../b")]
    public async Task Run_NameThatNoUrlCanSay_FailsAndDoesNotCallItGone(string name)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var input = new EncryptBlobInput { BlobName = name, ETag = "\"0x1\"", Overwrite = true };

        await Assert.ThrowsAsync<UnprotectableUploadException>(() => pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input));
    }

    [Theory]
    [InlineData("/rooted")]
    [InlineData("folder/")]
    [InlineData("a//b")]
    [InlineData("ends in a dot.")]
    [InlineData("two\nlines")]
    public async Task Run_NameThatOnlyOthersGive_IsProtectedAndReadBack(string name)
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();

        var result = await EncryptAsync(pipeline, name, [1, 2, 3]);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal([1, 2, 3], await DecryptAsync(pipeline, name));
    }

    [Fact]
    public async Task Run_NoKey_FailsAndKeepsTheUpload()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        var input = await UploadAsync(pipeline, "early", [1, 2, 3]);

        await Assert.ThrowsAsync<KeyUnavailableException>(() => pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input));

        Assert.True(await pipeline.Storage.Uploads.Client.GetBlobClient("early").ExistsAsync());
    }

    [Fact]
    public async Task Run_SourceOverwritten_IsSuperseded()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var first = await UploadAsync(pipeline, "doc", [1]);
        var second = await UploadAsync(pipeline, "doc", [2]);

        var old = await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, first);
        var current = await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, second);

        Assert.Equal(EncryptBlobOutcome.Superseded, old.Outcome);
        Assert.Equal(EncryptBlobOutcome.Protected, current.Outcome);
        Assert.Equal([2], await DecryptAsync(pipeline, "doc"));
    }

    [Fact]
    public async Task Run_TargetExists_FailsWithoutOverwriteAndReplacesWithIt()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        await EncryptAsync(pipeline, "doc", [1]);
        var first = EnvelopeHeader.Parse((await pipeline.Catalog.Reader.DescribeAsync("doc", CancellationToken.None)).Metadata, "doc").WrittenOn;
        var again = await UploadAsync(pipeline, "doc", [2]);

        await Assert.ThrowsAsync<BlobAlreadyExistsException>(() => pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, again));
        Assert.Equal([1], await DecryptAsync(pipeline, "doc"));

        await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, again with { Overwrite = true });
        Assert.Equal([2], await DecryptAsync(pipeline, "doc"));
        var stored = await pipeline.Catalog.Reader.DescribeAsync("doc", CancellationToken.None);
        Assert.True(EnvelopeHeader.Parse(stored.Metadata, "doc").WrittenOn > first);
    }

    [Fact]
    public async Task Run_SameBlobUploadedTenTimesAtOnce_EndsWithTheLastUpload()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var inputs = new List<EncryptBlobInput>();
        for (byte i = 0; i < 10; i++)
        {
            inputs.Add(await UploadAsync(pipeline, "race", [i]) with { Overwrite = true });
        }

        var results = await Task.WhenAll(inputs.Select((input, i) =>
            pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, $"race-{i}")));

        Assert.Equal(EncryptBlobOutcome.Protected, results[^1].Outcome);
        Assert.All(results[..^1], result => Assert.Equal(EncryptBlobOutcome.Superseded, result.Outcome));
        Assert.Equal([9], await DecryptAsync(pipeline, "race"));
    }

    [Fact]
    public async Task Begin_RunAgainAfterItCommitted_FindsItsOwnBlob()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var begin = new BeginEncryptionInput("operation", BlobId.New().ToString(), await UploadAsync(pipeline, "twice", [7]));

        var first = await pipeline.Catalog.Get<BeginEncryption>().RunAsync(begin, CancellationToken.None);
        var second = await pipeline.Catalog.Get<BeginEncryption>().RunAsync(begin, CancellationToken.None);

        Assert.Equal(first.Result, second.Result);
        Assert.Equal([7], await DecryptAsync(pipeline, "twice"));
    }

    [Fact]
    public async Task Activities_EachRunTwice_EndTheSame()
    {
        using var pipeline = await PipelineFixture.CreateAsync(azurite);
        await pipeline.AddKeyAsync();
        var plaintext = RandomNumberGenerator.GetBytes((17 * Chunk) + 1);
        var begin = new BeginEncryptionInput("operation", BlobId.New().ToString(), await UploadAsync(pipeline, "large", plaintext));

        _ = await pipeline.Catalog.Get<BeginEncryption>().RunAsync(begin, CancellationToken.None);
        var plan = (await pipeline.Catalog.Get<BeginEncryption>().RunAsync(begin, CancellationToken.None)).Plan!;
        pipeline.Catalog.Branches.Forget(); // as in another process
        var segments = new List<SegmentResult>();
        for (var segment = 0; segment < plan.Envelope.Segments; segment++)
        {
            _ = await pipeline.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, segment), CancellationToken.None);
            segments.Add(await pipeline.Catalog.Get<EncryptSegment>().RunAsync(new EncryptSegmentInput(plan, segment), CancellationToken.None));
        }

        var first = await pipeline.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, segments), CancellationToken.None);
        var second = await pipeline.Catalog.Get<CommitBlob>().RunAsync(new CommitBlobInput(plan, segments), CancellationToken.None);
        Assert.Equal(first, second);
        await pipeline.Catalog.Get<CompleteBlob>().RunAsync(CompleteBlobInput.For(plan, first, 1), CancellationToken.None);
        var completed = await pipeline.Catalog.Get<CompleteBlob>().RunAsync(CompleteBlobInput.For(plan, second, 1), CancellationToken.None);
        Assert.Equal(EncryptBlobOutcome.Protected, completed.Outcome);
        Assert.Equal(plaintext, await DecryptAsync(pipeline, "large"));
    }

    private static async Task<EncryptBlobInput> UploadAsync(PipelineFixture pipeline, string name, byte[] content, BlobUploadOptions? options = null)
    {
        var uploaded = await pipeline.Storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(content), options ?? new BlobUploadOptions());
        return new EncryptBlobInput { BlobName = name, ETag = uploaded.Value.ETag.ToString() };
    }

    private static async Task<EncryptBlobResult> EncryptAsync(PipelineFixture pipeline, string name, byte[] content) =>
        await pipeline.Engine().RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, await UploadAsync(pipeline, name, content));

    private static async Task<byte[]> DecryptAsync(PipelineFixture pipeline, string name)
    {
        await using var blob = await pipeline.Catalog.Reader.OpenAsync(name, PinFreshness.Now, CancellationToken.None);
        var plaintext = new byte[blob.Envelope.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(blob.Envelope, 2, (offset, bytes, _) =>
        {
            bytes.CopyTo(plaintext.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });
        return plaintext;
    }
}
