using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using CsCheck;

namespace Byok.Core.Tests.Envelope;

public sealed class MetadataBudgetTests
{
    private static readonly KeyIdentifier LongestKeyId = KeyIdentifier.Parse(TestKeys.LongKeyId(EnvelopeFormat.MaxKeyIdLength));

    [Fact]
    public void ReserveInBytes_LongestOfEveryField_IsWhatFormatSays()
    {
        var layout = new BlobLayout(
            EnvelopeFormat.MaxPlaintextLength, EnvelopeFormat.MaxChunkSizeInBytes, EnvelopeFormat.MaxChunksPerTableSegment);
        var longest = LongestHeader(layout, null);

        Assert.Equal(EnvelopeFormat.MaxKeyIdLength, longest["byok_key_id"].Length);
        Assert.Equal(MetadataBudget.ReserveInBytes, MetadataBudget.SizeOf(longest) - "tail".Length);
    }

    [Fact]
    public void Place_TableAtTheBorder_IsInlineAsLongAsItFits()
    {
        var placements = Enumerable.Range(0, 400).Select(n => MetadataBudget.Place(new BlobLayout(n * 64L, 64, 16), [])).ToList();

        var inline = placements.TakeWhile(p => p == TablePlacement.Inline).Count();
        Assert.Equal(144, inline); // 143 chunks, and the empty blob
        Assert.All(placements.Skip(inline), p => Assert.Equal(TablePlacement.Tail, p));
    }

    [Theory]
    [InlineData(0, 7, TablePlacement.Inline)]
    [InlineData(0, 6, null)]
    [InlineData(1, 4, TablePlacement.Tail)]
    [InlineData(1, 3, null)]
    [InlineData(1, 7 + 79, TablePlacement.Tail)]
    [InlineData(1, 7 + 80, TablePlacement.Inline)]
    public void Place_RoomToTheByte_IsUsedOrRefused(int chunks, int room, TablePlacement? expected)
    {
        // One BEK sealed is 60 bytes, 80 characters.
        var layout = new BlobLayout(chunks * 64L, 64, 1);
        var user = new Dictionary<string, string> { ["n"] = new string('x', MetadataBudget.LimitInBytes - MetadataBudget.ReserveInBytes - room - 1) };
        if (expected is { } placement)
        {
            Assert.Equal(placement, MetadataBudget.Place(layout, user));
            return;
        }

        Assert.Equal(
            $"The blob's own metadata is {user["n"].Length + 1} bytes; beside the {MetadataBudget.ReserveInBytes + room + 1} that the envelope needs, " +
            "that exceeds the 8192 bytes that the service allows. Shorten it.",
            Assert.Throws<MetadataBudgetExceededException>(() => MetadataBudget.Place(layout, user)).Message);
    }

    [Theory]
    [InlineData(8192, true)]
    [InlineData(8193, false)]
    public void Check_AtTheLimit_IsAllowed(int size, bool isAllowed) => Assert.Equal(
        isAllowed, Record.Exception(() => MetadataBudget.Check([new("n", new string('x', size - 1))])) is null);

    [Fact]
    public void Misuse_Null_IsNamed()
    {
        Assert.Throws<ArgumentNullException>("metadata", () => MetadataBudget.SizeOf(null!));
        Assert.Throws<ArgumentNullException>("metadata", () => UserMetadata.Of(null!));
        Assert.Throws<ArgumentNullException>("layout", () => MetadataBudget.Place(null!, []));
        Assert.Throws<ArgumentNullException>("name", () => EnvelopeFormat.IsReservedName(null!));
    }

    [Fact]
    public void Place_AnyLayoutAndUserMetadata_FitsUnderTheWorstBranch() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 64], Gen.Int[0, 7000]).Sample((chunks, segment, userSize) =>
        {
            var layout = new BlobLayout(chunks * 64L, 64, segment);
            var user = new Dictionary<string, string> { ["n"] = new string('x', userSize) };
            var needed = MetadataBudget.ReserveInBytes + userSize + 1 + (chunks == 0 ? 7 : 4);
            if (needed > MetadataBudget.LimitInBytes)
            {
                var failure = Assert.Throws<MetadataBudgetExceededException>(() => MetadataBudget.Place(layout, user));
                Assert.Contains($"{userSize + 1} bytes", failure.Message, StringComparison.Ordinal);
                return;
            }

            var placement = MetadataBudget.Place(layout, user);
            var all = LongestHeader(layout, placement == TablePlacement.Inline ? new byte[layout.TableLength] : null).Concat(user);
            Assert.InRange(MetadataBudget.SizeOf(all), 0, MetadataBudget.LimitInBytes);
            Assert.Equal(placement, MetadataBudget.Place(layout, user));
        }, iter: 1000);

    [Fact]
    public void ToMetadata_OverTheLimit_NamesTheNumbers()
    {
        var header = EnvelopeHeader.Parse(TestBlob.Create(new byte[64]).Metadata, "a");

        var failure = Assert.Throws<MetadataBudgetExceededException>(() => header.ToMetadata([new("n", new string('x', 8000))]));

        Assert.Contains("8192", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SizeOf_NotAscii_CountsBytes() => Assert.Equal(5, MetadataBudget.SizeOf([new("ab", "äx")]));

    private static Dictionary<string, string> LongestHeader(BlobLayout layout, byte[]? table)
    {
        using var dek = DataEncryptionKey.Generate();
        var id = BlobId.New();
        using var keys = dek.DeriveFor(id);
        var metadata = new EnvelopeHeader
        {
            BlobId = id,
            PlaintextLength = layout.PlaintextLength,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerTableSegment = layout.ChunksPerTableSegment,
            InlineTable = table,
            WrittenOn = DateTimeOffset.MaxValue,
            Branch = TestKeys.Branch.Name,
            SealedDek = TestKeys.Branch.SealDek(dek, id),
            Wrapping = new BranchWrapping(LongestKeyId, TestKeys.PublicKey.Thumbprint, new byte[512]),
            NameHash = EnvelopeHeader.HashName("c", "n"),
        }.Sign(keys).ToMetadata();
        return metadata;
    }
}
