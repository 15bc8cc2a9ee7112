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
        using var dek = Inline.OpenDek();
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

            // A longer key version, or a longer table, is in its form; the MAC tells.
            var extended = Inline.With(field, Inline.Metadata[field] + more);
            var isInForm = more == "A" && field is (EnvelopeFields.KeyId or EnvelopeFields.Table);
            Assert.IsType(isInForm ? typeof(IntegrityException) : typeof(MalformedEnvelopeException), await Record.ExceptionAsync(() => extended.ReadAsync()));
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
    [InlineData(EnvelopeFields.SealedDek)]
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
    public async Task ReadAsync_ChunksInAnyOtherOrder_OpenAloneInRangesAndInParallelOnlyWhereTheyBelong()
    {
        // A chunk does not name its place, so whether the table does is tried for every chunk at every place, of this blob and of another one under the same keys.
        using var dek = DataEncryptionKey.Generate();
        var plaintext = new DeterministicRandom("order").Bytes(6 * ChunkSize);
        var one = TestBlob.Create(plaintext, placement: TablePlacement.Tail, dek: dek);
        var other = TestBlob.Create(plaintext, placement: TablePlacement.Tail, dek: dek);
        for (var place = 0; place < 6; place++)
        {
            foreach (var (from, index) in Enumerable.Range(0, 6).SelectMany(index => new[] { (one, index), (other, index) }))
            {
                var content = (byte[])one.Content.Clone();
                Chunk(from.Content, index).CopyTo(content, place * Stored);
                var moved = one with { Content = content };
                if (from == one && index == place)
                {
                    Assert.Equal(plaintext, await moved.ReadAsync());
                    continue;
                }

                var reader = moved.Open();
                await Assert.ThrowsAsync<IntegrityException>(() => moved.ReadAsync(degree: 4));
                await Assert.ThrowsAsync<IntegrityException>(() => reader.ReadChunkAsync(place, new byte[Stored]).AsTask());
                await Assert.ThrowsAsync<IntegrityException>(() => reader.ReadChunksAsync(place, new byte[reader.Layout.MaxReadLength]).AsTask());
                using var stream = new DecryptingStream(reader) { Position = (place * ChunkSize) + 7 };
                await Assert.ThrowsAsync<IntegrityException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask());
                for (var right = 0; right < 6; right++)
                {
                    if (right != place)
                    {
                        var buffer = new byte[Stored];
                        Assert.Equal(ChunkSize, await reader.ReadChunkAsync(right, buffer));
                        Assert.Equal(plaintext[(right * ChunkSize)..((right + 1) * ChunkSize)], buffer[..ChunkSize]);
                    }
                }
            }
        }
    }

    [Fact]
    public void OpenSegment_AtAnotherPlaceOrOfAnotherShapeOrBlob_IsRefused()
    {
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(BlobId.New());
        using var otherKeys = dek.DeriveFor(BlobId.New());
        var layout = new BlobLayout(4 * ChunkSize, ChunkSize, 2);
        var segment = BekTable.SealSegment(keys, layout, 0, new byte[64]);
        BekTable.OpenSegment(keys, layout, 0, segment, new byte[64]);
        BekTable.OpenSegment(keys, new BlobLayout((4 * ChunkSize) - 1, ChunkSize, 2), 0, segment, new byte[64]); // the length is under the header's MAC

        Assert.Throws<IntegrityException>(() => BekTable.OpenSegment(keys, layout, 1, segment, new byte[64]));
        Assert.Throws<IntegrityException>(() => BekTable.OpenSegment(otherKeys, layout, 0, segment, new byte[64]));
        Assert.Throws<IntegrityException>(() => BekTable.OpenSegment(keys, new BlobLayout(4 * ChunkSize, ChunkSize + 1, 2), 0, segment, new byte[64]));
    }

    [Fact]
    public void Verify_NumbersThatNothingAuthenticates_AreNotUsedBefore()
    {
        // Were they used, each of these would be another failure than that of the MAC, or a request for memory.
        using var dek = Inline.OpenDek();
        using var keys = dek.DeriveFor(Inline.Header.BlobId);
        foreach (var (field, value) in new[]
        {
            (EnvelopeFields.Length, "140737488355328"), (EnvelopeFields.Length, "0"), (EnvelopeFields.Length, "2147483649"),
            (EnvelopeFields.ChunkSize, "4194304"), (EnvelopeFields.TableSegment, "32768"), (EnvelopeFields.Table, "tail"), (EnvelopeFields.Table, "inline."),
        })
        {
            var header = Inline.With(field, value).Header;
            Assert.EndsWith("was altered: its MAC does not verify.", Assert.Throws<IntegrityException>(() => header.Verify(keys, TestBlob.Container, TestBlob.Name)).Message, StringComparison.Ordinal);
            Assert.EndsWith(
                "was altered: its MAC does not verify.",
                Assert.Throws<IntegrityException>(() => EnvelopeReader.Open(header, dek, TestReader.Keep(dek), new MemoryRangeSource([]), TestBlob.Container, TestBlob.Name)).Message,
                StringComparison.Ordinal);
        }
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
        var altered = Inline.With(EnvelopeFields.Written, "2");
        await Assert.ThrowsAsync<IntegrityException>(() => altered.ReadAsync(allowRenamed: true, name: "reports/other.pdf"));
    }

    [Fact]
    public async Task ReadChunkAsync_ChunkAltered_LeavesNothingOfItsPlaintextInTheBuffer()
    {
        var content = (byte[])Inline.Content.Clone();
        content[0] ^= 1;
        var reader = (Inline with { Content = content }).Open();
        var buffer = new byte[Stored];

        await Assert.ThrowsAsync<IntegrityException>(async () => await reader.ReadChunkAsync(0, buffer));

        Assert.All(buffer[..ChunkSize], b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task CopyToAsync_OneChunkAltered_NeverHandsItOut()
    {
        var content = (byte[])Inline.Content.Clone();
        content[Stored + 3] ^= 1;
        var reader = (Inline with { Content = content }).Open();
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
