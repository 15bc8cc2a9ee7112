using Byok.Core.Envelope;
using CsCheck;

namespace Byok.Core.Tests.Envelope;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(64 * 5 - 1)]
    [InlineData(64 * 5)]
    [InlineData(64 * 5 + 1)]
    public async Task ReadAsync_LengthAtABorderOfChunks_ReturnsThePlaintext(int length)
    {
        var plaintext = new DeterministicRandom("plaintext").Bytes(length);

        foreach (var placement in length == 0 ? [TablePlacement.Inline] : Enum.GetValues<TablePlacement>())
        {
            var blob = TestBlob.Create(plaintext, placement: placement);

            Assert.Equal(plaintext, await blob.ReadAsync());
            var reader = blob.Open();
            Assert.Equal(reader.Layout.StoredLength(placement), blob.Content.Length);
        }
    }

    [Fact]
    public async Task ReadAsync_ChunksOf4MiB_ReturnsThePlaintext()
    {
        var plaintext = new DeterministicRandom("large").Bytes((2 * EnvelopeFormat.DefaultChunkSizeInBytes) + 1);
        var blob = TestBlob.Create(plaintext, EnvelopeFormat.DefaultChunkSizeInBytes, 16);

        var read = await blob.ReadAsync(degree: 2);
        Assert.True(plaintext.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public Task ReadAsync_AnyLengthChunkSizeAndSegmentSize_ReturnsThePlaintext() =>
        Gen.Select(Gen.Int[0, 2000], Gen.Int[64, 300], Gen.Int[1, 40], Gen.Bool, Gen.Int[1, 8])
            .SampleAsync(async (length, chunkSize, segment, tail, degree) =>
            {
                var plaintext = new DeterministicRandom($"{length}").Bytes(length);
                var blob = TestBlob.Create(plaintext, chunkSize, segment, tail && length > 0 ? TablePlacement.Tail : TablePlacement.Inline);
                Assert.Equal(plaintext, await blob.ReadAsync(degree: degree));
            }, iter: 300);
}
