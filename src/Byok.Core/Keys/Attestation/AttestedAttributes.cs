using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Byok.Core.Errors;

namespace Byok.Core.Keys.Attestation;

/// <summary>
/// The attributes in a signed statement. All numbers are big-endian. An object is a header of three u32 (handle, count of attributes, size) and then
/// the attributes, each type u32, length u32, value. Where the object begins depends on the firmware:
/// <list type="bullet">
/// <item>2.x: at byte 20.</item>
/// <item>3.x: behind a response header of four u32 (code, flags, total size, buffer size). The buffer ends where the signature begins and the total counts
/// both; it opens with four u16 (version, flags, offset of the first object from here, offset of the second).</item>
/// </list>
/// A statement that reads as both, or as neither, is refused.
/// </summary>
internal sealed class AttestedAttributes
{
    private const int OlderObjectOffset = 20;
    private const int ResponseHeaderSize = 16;
    private const int InfoHeaderSize = 8;
    private const int ObjectHeaderSize = 12;
    private const int AttributeHeaderSize = 8;
    private const uint MaxAttributes = 512;

    private readonly Dictionary<uint, ReadOnlyMemory<byte>> _values;

    private AttestedAttributes(Dictionary<uint, ReadOnlyMemory<byte>> values) => _values = values;

    /// <summary>Reads the signed part of a statement, without its signature.</summary>
    /// <exception cref="AttestationException">It is malformed.</exception>
    public static AttestedAttributes Parse(ReadOnlyMemory<byte> signedData)
    {
        var isOlder = TryReadObject(signedData, OlderObjectOffset, out var older);
        var isNewer = TryFindObject(signedData.Span, out var offset) & TryReadObject(signedData, offset, out var newer);
        return (isOlder, isNewer) switch
        {
            (true, false) => older!,
            (false, true) => newer!,
            (false, false) => throw new AttestationException("its attributes are malformed."),
            (true, true) => throw new AttestationException("its attributes can be read in two ways."),
        };
    }

    /// <summary>A number of one to eight bytes.</summary>
    /// <exception cref="AttestationException">It is missing, or no such number.</exception>
    public ulong Number(AttestedAttribute attribute)
    {
        var value = Require(attribute).Span;
        if (value.Length is 0 or > sizeof(ulong))
        {
            throw Malformed(attribute);
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        value.CopyTo(bytes[^value.Length..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>A truth value: one byte, 0 or 1.</summary>
    /// <exception cref="AttestationException">It is missing, or neither.</exception>
    public bool Flag(AttestedAttribute attribute) => Require(attribute).Span switch
    {
        [0] => false,
        [1] => true,
        _ => throw Malformed(attribute),
    };

    /// <summary>A text, UTF-8; the zero bytes that fill it up are dropped.</summary>
    /// <exception cref="AttestationException">It is missing, or no text.</exception>
    public string Text(AttestedAttribute attribute)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Require(attribute).Span).Trim('\0');
        }
        catch (DecoderFallbackException)
        {
            throw Malformed(attribute);
        }
    }

    /// <summary>A big-endian number of any size without leading zeros; false when it is missing or zero.</summary>
    public bool TryGetInteger(AttestedAttribute attribute, out ReadOnlySpan<byte> value)
    {
        value = _values.TryGetValue((uint)attribute, out var found) ? found.Span.TrimStart((byte)0) : default;
        return !value.IsEmpty;
    }

    private ReadOnlyMemory<byte> Require(AttestedAttribute attribute) =>
        _values.TryGetValue((uint)attribute, out var value) ? value : throw new AttestationException($"it does not tell the attribute {attribute}.");

    private static AttestationException Malformed(AttestedAttribute attribute) => new($"its attribute {attribute} is malformed.");

    private static bool TryFindObject(ReadOnlySpan<byte> data, out long offset)
    {
        offset = 0;
        if (data.Length < ResponseHeaderSize)
        {
            return false;
        }

        long total = BinaryPrimitives.ReadUInt32BigEndian(data[8..]);
        var info = data.Length - (long)BinaryPrimitives.ReadUInt32BigEndian(data[12..]);
        if (total != data.Length + AttestationSignature.SizeInBytes || info < ResponseHeaderSize || info > data.Length - InfoHeaderSize)
        {
            return false;
        }

        var first = BinaryPrimitives.ReadUInt16BigEndian(data[((int)info + 4)..]);
        offset = info + first;
        return first >= InfoHeaderSize;
    }

    /// <summary>Every length is checked before it is believed; an attribute told twice, and an object without class and name, is none.</summary>
    private static bool TryReadObject(ReadOnlyMemory<byte> data, long offset, [NotNullWhen(true)] out AttestedAttributes? attributes)
    {
        attributes = null;
        if (offset > data.Length - ObjectHeaderSize)
        {
            return false;
        }

        var rest = data[(int)offset..];
        var count = BinaryPrimitives.ReadUInt32BigEndian(rest.Span[4..]);
        rest = rest[ObjectHeaderSize..];
        var values = new Dictionary<uint, ReadOnlyMemory<byte>>();
        for (; count > 0; count--)
        {
            if (rest.Length < AttributeHeaderSize || values.Count == MaxAttributes)
            {
                return false;
            }

            var type = BinaryPrimitives.ReadUInt32BigEndian(rest.Span);
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest.Span[4..]);
            rest = rest[AttributeHeaderSize..];
            if (length > rest.Length || !values.TryAdd(type, rest[..(int)length]))
            {
                return false;
            }

            rest = rest[(int)length..];
        }

        attributes = new AttestedAttributes(values);
        return values.ContainsKey((uint)AttestedAttribute.Class) && values.ContainsKey((uint)AttestedAttribute.Id);
    }
}
