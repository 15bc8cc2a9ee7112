using Byok.Core.Envelope;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Envelope;

/// <summary>Every altered form of a small blob is refused, and always as a failure of the envelope.</summary>
public sealed class TamperTests
{
    private const int ChunkSize = 64;
    private const int Stored = ChunkSize + EnvelopeFormat.TagSizeInBytes;

    private static readonly byte[] Plaintext = new DeterministicRandom("tamper").Bytes((3 * ChunkSize) + 17);

    // Made once for all tests: wrapping and unwrapping with RSA would dominate.
    private static readonly TestBlob Inline = TestBlob.Create(Plaintext);
    private static readonly TestBlob Tail = TestBlob.Create(Plaintext, placement: TablePlacement.Tail);

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task ReadAsync_AnyByteOfTheContentFlipped_IsRefused(TablePlacement placement)
    {
        var blob = Blob(placement);
        for (var i = 0; i < blob.Content.Length; i++)
        {
            var content = (byte[])blob.Content.Clone();
            content[i] ^= (byte)(1 << (i % 8));
            await Assert.ThrowsAsync<IntegrityException>(() => (blob with { Content = content }).ReadAsync());
        }
    }

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task ReadAsync_AnyBitOfAnyFieldFlipped_IsRefused(TablePlacement placement)
    {
        var blob = Blob(placement);
        foreach (var field in EnvelopeFields.All)
        {
            var value = blob.Metadata[field];
            for (var i = 0; i < value.Length; i++)
            {
                for (var bit = 0; bit < 8; bit++)
                {
                    var altered = value.ToCharArray();
                    altered[i] ^= (char)(1 << bit);
                    await Assert.ThrowsAnyAsync<EnvelopeException>(() => blob.With(field, new string(altered)).ReadAsync());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void Verify_AnyFlipThatStillParses_IsCaughtByCommitmentOrMac(string field)
    {
        // The DEK is known here, as it is to whoever caches it: nothing rests on the vault refusing.
        using var dek = TestKeys.Unwrap(EnvelopeHeader.Parse(Inline.Metadata, "x").WrappedDek.Span);
        var value = Inline.Metadata[field];
        for (var i = 0; i < value.Length; i++)
        {
            foreach (var replacement in "A1b-")
            {
                if (value[i] == replacement)
                {
                    continue;
                }

                var altered = Inline.With(field, $"{value[..i]}{replacement}{value[(i + 1)..]}");
                Assert.ThrowsAny<EnvelopeException>(() =>
                {
                    var header = EnvelopeHeader.Parse(altered.Metadata, "x");
                    using var keys = dek.DeriveFor(header.BlobId);
                    header.Verify(keys, TestBlob.Container, TestBlob.Name);
                });
            }
        }
    }

    public static TheoryData<string> Fields() => [.. EnvelopeFields.All];

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task ReadAsync_FieldRemovedDoubledEmptiedOrExtended_IsMalformed(string field)
    {
        var metadata = new Dictionary<string, string>(Inline.Metadata);
        metadata.Remove(field);
        await Assert.ThrowsAsync<MalformedEnvelopeException>(() => (Inline with { Metadata = metadata }).ReadAsync());
        await Assert.ThrowsAsync<MalformedEnvelopeException>(() => Inline.With(field, "").ReadAsync());
        foreach (var more in new[] { " ", "=", "A", "\0" })
        {
            await Assert.ThrowsAsync<MalformedEnvelopeException>(() => Inline.With(field, more + Inline.Metadata[field]).ReadAsync());
            if (more != "A" || field != EnvelopeFields.KeyId)
            {
                await Assert.ThrowsAsync<MalformedEnvelopeException>(() => Inline.With(field, Inline.Metadata[field] + more).ReadAsync());
            }
        }

        var twice = new List<KeyValuePair<string, string>>(Inline.Metadata) { new(field.ToUpperInvariant(), Inline.Metadata[field]) };
        Assert.Throws<MalformedEnvelopeException>(() => EnvelopeHeader.Parse(twice, "x"));
    }

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task ReadAsync_TruncatedAtAnyLength_IsRefused(TablePlacement placement)
    {
        var blob = Blob(placement);
        for (var length = 0; length < blob.Content.Length; length++)
        {
            var truncated = blob with { Content = blob.Content[..length] };
            await Assert.ThrowsAsync<IntegrityException>(() => truncated.ReadAsync());
        }
    }

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task ReadAsync_TruncatedWithItsLengthFieldsToMatch_IsRefused(TablePlacement placement)
    {
        var blob = Blob(placement);
        for (var length = 0; length < Plaintext.Length; length++)
        {
            var layout = new BlobLayout(length, ChunkSize, 2);
            var content = blob.Content[..(int)Math.Min(layout.StoredLength(placement), blob.Content.Length)];
            var truncated = blob.With(EnvelopeFields.Length, $"{length}") with { Content = content };
            await Assert.ThrowsAnyAsync<EnvelopeException>(() => truncated.ReadAsync());
        }
    }

    [Theory]
    [InlineData(TablePlacement.Inline, 1)]
    [InlineData(TablePlacement.Inline, Stored)]
    [InlineData(TablePlacement.Tail, 1)]
    [InlineData(TablePlacement.Tail, Stored)]
    public async Task ReadAsync_Extended_IsRefused(TablePlacement placement, int more)
    {
        var blob = Blob(placement);
        var extended = blob with { Content = [.. blob.Content, .. blob.Content[..more]] };
        await Assert.ThrowsAsync<IntegrityException>(() => extended.ReadAsync());
    }

    [Theory]
    [InlineData(TablePlacement.Inline)]
    [InlineData(TablePlacement.Tail)]
    public async Task ReadAsync_ChunksSwapped_IsRefused(TablePlacement placement)
    {
        var c = Blob(placement).Content;
        for (var a = 0; a < 3; a++)
        {
            for (var b = a + 1; b < 3; b++)
            {
                var swapped = (byte[])c.Clone();
                Chunk(c, a).CopyTo(swapped, b * Stored);
                Chunk(c, b).CopyTo(swapped, a * Stored);
                await Assert.ThrowsAsync<IntegrityException>(() => (Blob(placement) with { Content = swapped }).ReadAsync());
            }
        }
    }

    [Fact]
    public async Task ReadAsync_ChunkDroppedOrDuplicated_IsRefused()
    {
        var c = Inline.Content;
        await Assert.ThrowsAsync<IntegrityException>(() => (Inline with { Content = [.. Chunk(c, 0), .. c[(2 * Stored)..]] }).ReadAsync());
        await Assert.ThrowsAsync<IntegrityException>(() => (Inline with { Content = [.. Chunk(c, 0), .. c] }).ReadAsync());
        await Assert.ThrowsAsync<IntegrityException>(() =>
            (Inline with { Content = [.. Chunk(c, 0), .. Chunk(c, 0), .. c[(2 * Stored)..]] }).ReadAsync());
    }

    [Fact]
    public async Task ReadAsync_ChunkOfAnotherBlob_IsRefused()
    {
        var other = TestBlob.Create(Plaintext);
        for (var i = 0; i < 3; i++)
        {
            var mixed = (byte[])Inline.Content.Clone();
            Chunk(other.Content, i).CopyTo(mixed, i * Stored);
            await Assert.ThrowsAsync<IntegrityException>(() => (Inline with { Content = mixed }).ReadAsync());
        }
    }

    [Fact]
    public async Task ReadAsync_AnyFieldOfAnotherBlob_IsRefused()
    {
        var other = TestBlob.Create(Plaintext[..^1], chunkSize: 65, chunksPerSegment: 3, name: "other");
        foreach (var field in EnvelopeFields.All.Where(field => other.Metadata[field] != Inline.Metadata[field]))
        {
            await Assert.ThrowsAnyAsync<EnvelopeException>(() => Inline.With(field, other.Metadata[field]).ReadAsync());
        }
    }

    [Theory]
    [InlineData(EnvelopeFields.Table)]
    [InlineData(EnvelopeFields.WrappedDek)]
    [InlineData(EnvelopeFields.Commitment)]
    [InlineData(EnvelopeFields.Mac)]
    [InlineData(EnvelopeFields.BlobId)]
    public async Task ReadAsync_FieldOfAnotherBlobOfTheSameShape_IsAnIntegrityFailure(string field)
    {
        var other = TestBlob.Create(Plaintext);
        await Assert.ThrowsAsync<IntegrityException>(() => Inline.With(field, other.Metadata[field]).ReadAsync());
    }

    [Fact]
    public async Task ReadAsync_TailSegmentOfAnotherBlobUnderTheSameDek_IsRefused()
    {
        using var dek = DataEncryptionKey.Generate();
        var one = TestBlob.Create(Plaintext, placement: TablePlacement.Tail, dek: dek);
        var two = TestBlob.Create(Plaintext, placement: TablePlacement.Tail, dek: dek);
        var tail = (int)new BlobLayout(Plaintext.Length, ChunkSize, 2).CiphertextLength;

        await Assert.ThrowsAsync<IntegrityException>(() => (one with { Content = [.. one.Content[..tail], .. two.Content[tail..]] }).ReadAsync());
    }

    [Fact]
    public async Task ReadAsync_TableSegmentsSwapped_IsRefused()
    {
        var layout = new BlobLayout(Plaintext.Length, ChunkSize, 2);
        var tail = (int)layout.CiphertextLength;
        var segment = layout.SealedSegmentLength(0);
        Assert.Equal(segment, layout.SealedSegmentLength(1));
        byte[] swapped = [.. Tail.Content[..tail], .. Tail.Content[(tail + segment)..], .. Tail.Content[tail..(tail + segment)]];

        await Assert.ThrowsAsync<IntegrityException>(() => (Tail with { Content = swapped }).ReadAsync());
    }

    [Fact]
    public async Task ReadAsync_WholeBlobOverAnotherName_IsRefusedUnlessRenamedOnPurpose()
    {
        await Assert.ThrowsAsync<IntegrityException>(() => Inline.ReadAsync(name: "reports/other.pdf"));
        Assert.Equal(Plaintext, await Inline.ReadAsync(allowRenamed: true, name: "reports/other.pdf"));
    }

    [Fact]
    public async Task ReadAsync_RenamedOnPurposeButAltered_IsStillRefused()
    {
        var altered = Inline.With(EnvelopeFields.Generation, "2");
        await Assert.ThrowsAsync<IntegrityException>(() => altered.ReadAsync(allowRenamed: true, name: "reports/other.pdf"));
    }

    [Fact]
    public async Task ReadChunkAsync_ChunkAltered_LeavesNothingOfItsPlaintextInTheBuffer()
    {
        var content = (byte[])Inline.Content.Clone();
        content[0] ^= 1;
        using var reader = (Inline with { Content = content }).Open();
        var buffer = new byte[Stored];

        await Assert.ThrowsAsync<IntegrityException>(async () => await reader.ReadChunkAsync(0, buffer));

        Assert.All(buffer[..ChunkSize], b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task CopyToAsync_OneChunkAltered_NeverHandsItOut()
    {
        var content = (byte[])Inline.Content.Clone();
        content[Stored + 3] ^= 1;
        using var reader = (Inline with { Content = content }).Open();
        var offsets = new List<long>();

        await Assert.ThrowsAsync<IntegrityException>(() => EnvelopeDownload.CopyToAsync(reader, 4, (offset, _, _) =>
        {
            lock (offsets)
            {
                offsets.Add(offset);
            }

            return ValueTask.CompletedTask;
        }));

        Assert.DoesNotContain(ChunkSize, offsets);
    }

    private static TestBlob Blob(TablePlacement placement) => placement == TablePlacement.Inline ? Inline : Tail;

    private static byte[] Chunk(byte[] content, int index) => content[(index * Stored)..((index + 1) * Stored)];
}
