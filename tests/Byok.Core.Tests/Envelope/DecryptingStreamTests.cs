using Byok.Core.Envelope;
using Byok.Core.Errors;
using CsCheck;

namespace Byok.Core.Tests.Envelope;

public sealed class DecryptingStreamTests
{
    private static readonly byte[] Plaintext = new DeterministicRandom("stream").Bytes(1000);
    private static readonly TestBlob Blob = TestBlob.Create(Plaintext, chunksPerSegment: 3, placement: TablePlacement.Tail);

    [Fact]
    public async Task CopyToAsync_WholeStream_GivesThePlaintext()
    {
        using var stream = new DecryptingStream(Blob.Open());
        var copy = new MemoryStream();

        await stream.CopyToAsync(copy);

        Assert.Equal(Plaintext, copy.ToArray());
    }

    [Fact]
    public void ReadAsync_AnySeekAndLength_GivesThatRange()
    {
        using var stream = new DecryptingStream(Blob.Open());
        Gen.Select(Gen.Int[0, 1100], Gen.Int[0, 1100], Gen.Int[0, 2]).Sample((start, count, origin) =>
        {
            var buffer = new byte[count];
            stream.Seek(origin switch { 0 => start, 1 => start - stream.Position, _ => start - stream.Length }, (SeekOrigin)origin);
            var read = stream.ReadAtLeast(buffer, count, throwOnEndOfStream: false);
            var expected = Plaintext.AsSpan(Math.Min(start, 1000), Math.Min(count, Math.Max(0, 1000 - start)));
            Assert.Equal(expected, buffer.AsSpan(0, read));
        }, iter: 500, threads: 1);
    }

    [Fact]
    public async Task ReadAsync_ChunkAltered_ReleasesWhatIsBeforeAndNothingOfIt()
    {
        var content = (byte[])Blob.Content.Clone();
        content[(2 * 80) + 5] ^= 1;
        using var stream = new DecryptingStream((Blob with { Content = content }).Open());
        var buffer = new byte[128];
        await stream.ReadExactlyAsync(buffer);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var one = new byte[1];
            await Assert.ThrowsAsync<IntegrityException>(async () => await stream.ReadExactlyAsync(one));
            Assert.Equal(0, one[0]);
        }

        Assert.Equal(Plaintext[..128], buffer);
        stream.Position = 192;
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 64));
        Assert.Equal(Plaintext[192..256], buffer[..64]);
    }

    [Fact]
    public void ReadAsync_EmptyBlob_EndsAtOnce()
    {
        using var stream = new DecryptingStream(TestBlob.Create([]).Open());

        Assert.Equal(0, stream.Length);
        Assert.Equal(-1, stream.ReadByte());
    }

    [Fact]
    public void Write_Always_IsNotSupported()
    {
        using var stream = new DecryptingStream(Blob.Open());

        Assert.True(stream is { CanRead: true, CanSeek: true, CanWrite: false });
        Assert.Throws<NotSupportedException>(() => stream.WriteByte(1));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
    }

    [Fact]
    public async Task Dispose_WithoutLeaveOpen_DisposesTheReader()
    {
        var reader = Blob.Open();
        var stream = new DecryptingStream(reader);
        stream.Dispose();

        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await reader.ReadChunkAsync(0, new byte[80]));
    }
}
