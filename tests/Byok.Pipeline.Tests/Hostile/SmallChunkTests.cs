using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Pipeline.ReencryptBlob;
using Byok.Testing.CommandLine;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>A blob of small chunks costs requests by its bytes, not by its chunks: their size is others' to choose.</summary>
public class SmallChunkTests
{
    private const string Name = "small chunks";
    private const int Chunks = 5000;
    private static readonly byte[] Content = TestBytes.Create((64 * Chunks) - 7);

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(32_768)]
    public async Task Read_FiveThousandChunks_TakesTwoRequests(int chunksPerSegment)
    {
        var counter = new RequestCounter();
        using var stack = await CreateAsync(counter, chunksPerSegment);
        await using var blob = await stack.Catalog.Reader.OpenAtStartAsync(Name, PinFreshness.Now, default);
        var read = new byte[Content.Length];

        await EnvelopeDownload.CopyToAsync(blob.Envelope, 4, (offset, bytes, _) =>
        {
            bytes.CopyTo(read.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });

        Assert.Equal(Content, read);
        Assert.Equal(2, counter.Reads(stack.Storage.Protected.Name)); // the data, with the description; the table
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, 2)]
    [InlineData(200_000, 100_000)]
    public async Task Read_ARange_TakesTwoRequestsMore(int offset, int length)
    {
        var counter = new RequestCounter();
        using var stack = await CreateAsync(counter);
        await using var blob = await stack.Catalog.Reader.OpenAsync(Name, PinFreshness.Now, default);
        counter.Reset();
        await using var stream = new DecryptingStream(blob.Envelope) { Position = offset };
        var read = new byte[length];

        await stream.ReadExactlyAsync(read);

        Assert.Equal(Content[offset..(offset + length)], read);
        Assert.Equal(2, counter.Reads(stack.Storage.Protected.Name));
    }

    [Fact]
    public async Task Audit_FiveThousandChunks_VerifiesThemWithFewRequests()
    {
        var counter = new RequestCounter();
        using var stack = await CreateAsync(counter);

        var report = await HostileStack.AuditAsync(stack);

        Assert.Equal(1, report.ScrubbedBlobs);
        Assert.Equal(Content.Length, report.PlaintextBytes);
        Assert.InRange(counter.Reads(stack.Storage.Protected.Name), 1, 6); // counted, listed twice, data, table
    }

    [Fact]
    public async Task Audit_OneOfManySmallChunksAltered_IsFound()
    {
        using var stack = await HostileStack.CreateAsync();
        var forged = await ForgeAsync(stack, 16);
        forged.Content[(80 * 4321) + 5] ^= 1;
        await forged.PutAsync(stack.Storage, Name);
        await HostileStack.VouchAsync(stack, Name);

        var finding = Assert.Single((await HostileStack.AuditAsync(stack)).Findings);

        Assert.Equal(("blob-chunk", Name), (finding.Code, finding.Object));
        Assert.Contains("Chunk 4321", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reencrypt_SmallChunks_BecomeChunksOfTheStandardSize()
    {
        var counter = new RequestCounter();
        using var stack = await CreateAsync(counter);
        await HostileStack.VouchAsync(stack, Name);
        counter.Reset();

        await stack.Engine.RunAsync<ReencryptBlobResult>(ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = Name }, "reencrypt");

        Assert.Equal(EnvelopeFormat.DefaultChunkSizeInBytes, (await stack.HeaderAsync(Name)).ChunkSizeInBytes);
        Assert.InRange(counter.Writes(stack.Storage.Protected.Name), 1, 3);
        Assert.Equal(Content, await stack.ReadAsync(Name));
    }

    [Theory]
    [InlineData(3 * 1024 * 1024)]
    [InlineData((4 * 1024 * 1024) - 1)]
    [InlineData(1000)]
    public async Task RotateDeep_ChunksOfAnotherSize_AreCutAnew(int chunkSize)
    {
        using var stack = await HostileStack.CreateAsync();
        var content = TestBytes.Create((10 * 1024 * 1024) + 3);
        var branch = await HeldBranch.OfAsync(stack);
        await new ForgedBlob(stack.Storage.Protected.Name, Name, content, branch, chunkSize, tail: true).PutAsync(stack.Storage, Name);
        await HostileStack.VouchAsync(stack, Name);

        var result = await HostileStack.RotateAsync(stack, deep: true);

        Assert.Equal((1L, 0L), (result.Reencrypted, result.LeftBehind));
        Assert.Equal(EnvelopeFormat.DefaultChunkSizeInBytes, (await stack.HeaderAsync(Name)).ChunkSizeInBytes);
        Assert.Equal(content, await stack.ReadAsync(Name));
    }

    private static async Task<LifeStack> CreateAsync(RequestCounter counter, int chunksPerSegment = 16)
    {
        var stack = await HostileStack.CreateAsync(counter);
        await (await ForgeAsync(stack, chunksPerSegment)).PutAsync(stack.Storage, Name);
        counter.Reset();
        return stack;
    }

    private static async Task<ForgedBlob> ForgeAsync(LifeStack stack, int chunksPerSegment)
    {
        var branch = await HeldBranch.OfAsync(stack);
        return new ForgedBlob(stack.Storage.Protected.Name, Name, Content, branch, chunkSize: 64, chunksPerSegment, tail: true);
    }
}
