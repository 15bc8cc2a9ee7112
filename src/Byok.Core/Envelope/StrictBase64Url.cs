using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Byok.Core.Envelope;

/// <summary>
/// Base64url where every byte string has exactly one text (docs/FORMAT.md, section 1): no padding, no white space, unused bits zero.
/// The platform's decoder is laxer, and what it forgives could be altered unseen before the MAC is known.
/// </summary>
internal static class StrictBase64Url
{
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        // What was read, written again, is the text: that refuses whatever the decoder forgives.
        var decoded = new byte[text.Length * 3L / 4];
        bytes = Base64Url.DecodeFromChars(text, decoded, out _, out _) == OperationStatus.Done
            && Base64Url.EncodeToString(decoded).AsSpan().SequenceEqual(text) ? decoded : null;
        return bytes is not null;
    }

    /// <summary>Decodes a text of one of several lengths in bytes; any other is not even decoded.</summary>
    public static bool TryDecode(string? text, ReadOnlySpan<int> lengths, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        foreach (var length in lengths)
        {
            if (text?.Length == EncodedLength(length))
            {
                return TryDecode(text, out bytes);
            }
        }

        return false;
    }

    public static long EncodedLength(long byteCount) => ((byteCount * 4) + 2) / 3;
}
