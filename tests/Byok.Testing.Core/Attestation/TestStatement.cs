using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Keys;

namespace Byok.Testing.Core.Attestation;

/// <summary>A signed statement about a key as an HSM makes it, in the published layout of either firmware. Tests set what is to be wrong.</summary>
public sealed class TestStatement
{
    public const int SignatureSize = 256;

    private static readonly byte[] DigestInfo = Convert.FromHexString("3031300d060960864801650304020105000420");

    public Firmware Firmware { get; init; } = Firmware.Newer;

    /// <summary>Values by attribute number, in this order.</summary>
    public required List<(uint Type, byte[] Value)> Attributes { get; init; }

    public RSA Signer { get; init; } = TestPartition.Key.Value;

    /// <summary>What is signed in place of the padded hash: hash to 256 bytes; null for the firmware's own.</summary>
    public Func<byte[], byte[]>? Encode { get; init; }

    /// <summary>A statement about a private key: imported unless generated.</summary>
    public static TestStatement OfPrivateKey(KeyIdentifier id, RsaPublicKey key, bool isGenerated = false, Firmware firmware = Firmware.Newer)
    {
        var statement = Of(3, id, key, firmware);
        statement.Attributes.AddRange([(0x0103, [1]), (0x0107, [1]), (0x0162, [0]), (0x0163, [(byte)(isGenerated ? 1 : 0)]), (0x0164, [(byte)(isGenerated ? 1 : 0)])]);
        return statement;
    }

    public static TestStatement OfPublicKey(KeyIdentifier id, RsaPublicKey key, Firmware firmware = Firmware.Newer)
    {
        var statement = Of(2, id, key, firmware);
        statement.Attributes.AddRange([(0x0103, [0]), (0x0162, [1])]);
        return statement;
    }

    public TestStatement With(uint type, params byte[] value)
    {
        var index = Attributes.FindIndex(attribute => attribute.Type == type);
        Attributes[index] = (type, value);
        return this;
    }

    public TestStatement Without(uint type)
    {
        Attributes.RemoveAll(attribute => attribute.Type == type);
        return this;
    }

    /// <summary>The signed part.</summary>
    public byte[] ToSignedData()
    {
        var list = Attributes.SelectMany(attribute => (byte[])[.. U32(attribute.Type), .. U32((uint)attribute.Value.Length), .. attribute.Value]).ToArray();
        byte[] item = [.. U32(0x7e6), .. U32((uint)Attributes.Count), .. U32((uint)list.Length), .. list];
        if (Firmware == Firmware.Older)
        {
            return [.. new byte[20], .. item];
        }

        byte[] buffer = [.. U16(1), .. U16(3), .. U16(8), .. U16(0), .. item];
        return [.. U32(0), .. U32(3), .. U32((uint)(32 + buffer.Length + SignatureSize)), .. U32((uint)buffer.Length), .. new byte[16], .. buffer];
    }

    public byte[] ToBytes() => Sign(ToSignedData(), Signer, Encode ?? (Firmware == Firmware.Newer ? hash => Pad([.. DigestInfo, .. hash]) : hash => Pad(hash)));

    /// <summary>Signs any bytes: raw RSA over what the encoding makes of their hash.</summary>
    public static byte[] Sign(byte[] data, RSA signer, Func<byte[], byte[]> encode)
    {
        var key = signer.ExportParameters(true);
        var encoded = new BigInteger(encode(SHA256.HashData(data)), isUnsigned: true, isBigEndian: true);
        var signature = BigInteger.ModPow(
            encoded, new BigInteger(key.D, isUnsigned: true, isBigEndian: true), new BigInteger(key.Modulus, isUnsigned: true, isBigEndian: true)).ToByteArray(true, true);
        return [.. data, .. new byte[SignatureSize - signature.Length], .. signature];
    }

    /// <summary>PKCS#1 type 1 padding (RFC 8017, 9.2, step 5).</summary>
    public static byte[] Pad(byte[] content) =>
        [0, 1, .. Enumerable.Repeat((byte)0xFF, SignatureSize - content.Length - 3), 0, .. content];

    private static TestStatement Of(byte type, KeyIdentifier id, RsaPublicKey key, Firmware firmware)
    {
        var parameters = key.ToParameters();
        return new TestStatement
        {
            Firmware = firmware,
            Attributes =
            [
                (0x0000, [type]), (0x0001, [1]), (0x0100, [0]), (0x0102, Encoding.UTF8.GetBytes($"pool/{id.Name}/{id.Version}\0")),
                (0x0120, parameters.Modulus!), (0x0122, parameters.Exponent!), (0x80000174, new byte[32]),
            ],
        };
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] U16(ushort value) => U32(value)[2..];
}
