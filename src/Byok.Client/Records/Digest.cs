using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Byok.Client.Records;

/// <summary>32 bytes, a MAC or a hash, without an object of their own: there is one for every blob.</summary>
internal readonly record struct Digest(UInt128 First, UInt128 Second)
{
    /// <summary>SHA-256 of a text.</summary>
    public static Digest OfText(string text) => FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>From 43 characters of base64url; null for anything else.</summary>
    public static Digest? Parse(string? text)
    {
        Span<byte> bytes = stackalloc byte[32];
        return text is { Length: 43 } && Base64Url.IsValid(text) && Base64Url.DecodeFromChars(text, bytes) == bytes.Length ? FromBytes(bytes) : null;
    }

    /// <summary>From 32 bytes.</summary>
    public static Digest FromBytes(ReadOnlySpan<byte> bytes)
    {
        var halves = MemoryMarshal.Cast<byte, UInt128>(bytes);
        return new Digest(halves[0], halves[1]);
    }
}
