using Byok.Core.Envelope;
using Byok.Core.Errors;
using CsCheck;

namespace Byok.Core.Tests.Envelope;

/// <summary>Whatever is stored: the plaintext, or a failure of the envelope. Nothing else.</summary>
public sealed class FuzzTests
{
    private const string Alphabet = "AZaz019-_.:/+= \0é@[%inlinetailhttps";

    private static readonly byte[] Plaintext = new DeterministicRandom("fuzz").Bytes(300);
    private static readonly TestBlob Inline = TestBlob.Create(Plaintext);
    private static readonly TestBlob Tail = TestBlob.Create(Plaintext, placement: TablePlacement.Tail);

    [Fact]
    public Task ReadAsync_ContentCutAndPastedAnyhow_IsRefused() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 520], Gen.Int[0, 520], Gen.Int[0, 520], Gen.Int[0, 160])
            .SampleAsync(async (tail, from, to, cut, count) =>
            {
                var blob = tail ? Tail : Inline;
                int At(int position) => Math.Min(position, blob.Content.Length);
                byte[] content = [.. blob.Content[..At(to)], .. blob.Content[At(from)..At(from + count)], .. blob.Content[At(cut)..]];
                if (!content.AsSpan().SequenceEqual(blob.Content))
                {
                    await Assert.ThrowsAsync<IntegrityException>(() => (blob with { Content = content }).ReadAsync());
                }
            }, iter: 2000);

    [Fact]
    public void Parse_FieldOfAnyText_IsItselfOrRefused() =>
        Gen.Select(Gen.Int[0, EnvelopeFields.All.Count - 1], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Char[Alphabet].Array[0, 30])
            .Sample((index, start, end, text) =>
            {
                var field = EnvelopeFields.All[index];
                var value = Inline.Metadata[field];
                var altered = value[..Math.Min(start, value.Length)] + new string(text) + value[Math.Max(0, value.Length - end)..];
                try
                {
                    var header = EnvelopeHeader.Parse(Inline.With(field, altered).Metadata, "x");
                    Assert.Equal(altered, header.ToMetadata()[field]);
                }
                catch (EnvelopeException)
                {
                }
            }, iter: 20_000);

    [Fact]
    public void TryDecode_AnyText_HasAtMostOneTextForTheSameBytes() =>
        Gen.Char[Alphabet].Array[0, 12].Sample(text =>
        {
            if (StrictBase64Url.TryDecode(text, out var bytes))
            {
                Assert.Equal(new string(text), System.Buffers.Text.Base64Url.EncodeToString(bytes));
            }
        }, iter: 20_000);
}
