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
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        var decoded = new byte[text.Length * 3L / 4];
        if (Base64Url.DecodeFromChars(text, decoded, out _, out var written) != OperationStatus.Done || written != decoded.Length)
        {
            return false;
        }

        // Only the last character can carry unused bits; comparing the whole costs little and needs no table.
        if (!Base64Url.EncodeToString(decoded).AsSpan().SequenceEqual(text))
        {
            return false;
        }

        bytes = decoded;
        return true;
    }

    public static long EncodedLength(long byteCount) => ((byteCount * 4) + 2) / 3;
}
