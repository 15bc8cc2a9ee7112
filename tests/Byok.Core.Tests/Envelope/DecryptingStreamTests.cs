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

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(999)]
    public void ReadAsync_FirstOfAll_GivesTheByteAtAnyPlace(int position)
    {
        using var stream = new DecryptingStream(Blob.Open()) { Position = position };

        Assert.Equal(Plaintext[position], stream.ReadByte());
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
        foreach (var place in new[] { 192, 64 })
        {
            stream.Position = 128;
            await Assert.ThrowsAsync<IntegrityException>(async () => await stream.ReadExactlyAsync(new byte[1]));
            stream.Position = place;
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 64));
            Assert.Equal(Plaintext[place..(place + 64)], buffer[..64]);
        }
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
        foreach (var write in new Action[] { () => stream.WriteByte(1), () => stream.SetLength(1) })
        {
            Assert.Equal("The stream is read-only.", Assert.Throws<NotSupportedException>(write).Message);
        }
    }

    [Fact]
    public void Seek_ToAnyPlace_IsBoundedByNumbersOnly()
    {
        using var stream = new DecryptingStream(Blob.Open());
        stream.Position = 5;

        Assert.Equal(0, stream.Seek(-5, SeekOrigin.Current));
        Assert.Equal(long.MaxValue, stream.Seek(long.MaxValue, SeekOrigin.Current));
        Assert.Equal(0, stream.Read(new byte[1]));
        foreach (var (offset, origin) in new[] { (-1L, SeekOrigin.Begin), (1L, SeekOrigin.Current), (-1001L, SeekOrigin.End), (long.MaxValue, SeekOrigin.End) })
        {
            Assert.Equal(
                "A stream has no position below zero or beyond 64 bits.", Assert.Throws<IOException>(() => stream.Seek(offset, origin)).Message);
        }

        Assert.Equal(long.MaxValue, stream.Position);
    }

    [Fact]
    public void Misuse_ArgumentsOutOfRange_NamesThem()
    {
        using var stream = new DecryptingStream(Blob.Open());

        Assert.Throws<ArgumentNullException>("reader", () => new DecryptingStream(null!));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => stream.Position = -1);
        Assert.Throws<ArgumentOutOfRangeException>("origin", () => stream.Seek(0, (SeekOrigin)3));
        Assert.Throws<ArgumentNullException>("buffer", () => stream.Read(null!, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>("count", () => stream.Read(new byte[1], 1, 1));
    }

    [Fact]
    public async Task Dispose_Stream_EndsItOnly()
    {
        var reader = Blob.Open();
        var stream = new DecryptingStream(reader);
        stream.ReadByte();
        stream.Dispose();
        stream.Dispose();

        Assert.True(stream is { CanRead: false, CanSeek: false });
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        Assert.Equal(64, await reader.ReadChunkAsync(0, new byte[80]));
    }
}
