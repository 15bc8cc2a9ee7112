using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Byok.Core.Envelope;

/// <summary>The 16 random bytes that name one encryption of a blob. They bind chunks, table and header to each other.</summary>
public readonly struct BlobId : IEquatable<BlobId>
{
    /// <summary>Length in bytes.</summary>
    public const int SizeInBytes = 16;

    private readonly UInt128 _value;

    /// <summary>Takes an id from its 16 bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public BlobId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != SizeInBytes)
        {
            throw new ArgumentException($"A blob id has {SizeInBytes} bytes.", nameof(bytes));
        }

        _value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Draws a new id.</summary>
    public static BlobId New()
    {
        Span<byte> bytes = stackalloc byte[SizeInBytes];
        RandomNumberGenerator.Fill(bytes);
        return new BlobId(bytes);
    }

    /// <summary>Parses base64url without padding, strictly.</summary>
    /// <exception cref="FormatException">The text is not 16 bytes in canonical base64url.</exception>
    public static BlobId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return StrictBase64Url.TryDecode(text, out var bytes) && bytes.Length == SizeInBytes
            ? new BlobId(bytes)
            : throw new FormatException("A blob id is 16 bytes in base64url without padding, 22 characters.");
    }

    /// <summary>Writes the 16 bytes.</summary>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>The 16 bytes in a new array.</summary>
    public byte[] ToByteArray()
    {
        var bytes = new byte[SizeInBytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Base64url without padding, 22 characters.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeInBytes];
        CopyTo(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    public bool Equals(BlobId other) => _value == other._value;

    public override bool Equals(object? obj) => obj is BlobId other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();

    /// <summary>Whether two ids are the same.</summary>
    public static bool operator ==(BlobId left, BlobId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(BlobId left, BlobId right) => !left.Equals(right);
}
