using System.Buffers.Binary;
using Byok.Core.Errors;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;
using static Byok.Core.Tests.Attestation.AttestedKeyCase;

namespace Byok.Core.Tests.Attestation;

/// <summary>The parser of attributes alone: lengths that lie, before any signature would stop them.</summary>
public sealed class AttributeTests
{
    [Theory]
    [InlineData(Firmware.Older, 20)]
    [InlineData(Firmware.Newer, 40)]
    public void Parse_EveryLengthAndCount_IsCheckedBeforeItIsBelieved(Firmware firmware, int at)
    {
        var sound = PrivateKey(firmware).ToSignedData();
        AttestedAttributes.Parse(sound);
        var places = new List<int> { at + 4 };
        for (var offset = at + 12; offset < sound.Length; offset += 8 + (sound[offset + 6] << 8) + sound[offset + 7])
        {
            places.Add(offset + 4);
        }

        Assert.Equal(13, places.Count);
        foreach (var place in places)
        {
            foreach (var lie in new byte[][] { [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0, 1, 0, 0] })
            {
                var altered = sound.ToArray();
                lie.CopyTo(altered, place);
                Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(altered));
            }
        }
    }

    [Fact]
    public void Parse_HeadersThatLie_AreRefused()
    {
        var sound = PrivateKey().ToSignedData();
        foreach (var place in new[] { 8, 9, 10, 11, 12, 13, 14, 15, 36, 37 })
        {
            for (var value = 0; value < 256; value++)
            {
                var altered = sound.ToArray();
                altered[place] = (byte)value;
                if (!altered.AsSpan().SequenceEqual(sound))
                {
                    Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(altered));
                }
            }
        }
    }

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public void Parse_TruncatedAtEveryLength_Refuses(Firmware firmware)
    {
        var sound = PrivateKey(firmware).ToSignedData();
        for (var length = 0; length < sound.Length; length++)
        {
            Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(sound.AsMemory(0, length)));
        }
    }

    [Fact]
    public void Parse_AttributeTwice_Refuses()
    {
        var statement = PrivateKey();
        statement.Attributes.Add((0x0162, [0]));
        Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(statement.ToSignedData()));
    }

    [Fact]
    public void Parse_TooManyAttributes_Refuses()
    {
        var statement = PrivateKey();
        statement.Attributes.AddRange(Enumerable.Range(0x1_0000, 501).Select(type => ((uint)type, Array.Empty<byte>())));
        Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(statement.ToSignedData()));
        statement.Attributes.RemoveAt(statement.Attributes.Count - 1);
        AttestedAttributes.Parse(statement.ToSignedData());
    }

    [Fact]
    public void Parse_BufferRightBehindTheHeader_IsRead()
    {
        var sound = PrivateKey().ToSignedData();
        byte[] closer = [.. sound[..16], .. sound[32..]];
        WriteTotal(closer);

        Assert.True(AttestedAttributes.Parse(closer).Flag(AttestedAttribute.Sensitive));
    }

    [Fact]
    public void Parse_BufferTooShortForItsHeader_Refuses()
    {
        for (var length = 0u; length < 8; length++)
        {
            var altered = PrivateKey().ToSignedData();
            BinaryPrimitives.WriteUInt32BigEndian(altered.AsSpan(12), length);
            Assert.Equal("its attributes are malformed.", Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(altered)).Message);
        }
    }

    [Theory]
    [InlineData(0x0000u)]
    [InlineData(0x0102u)]
    public void Parse_ObjectWithoutClassOrName_IsNone(uint type)
    {
        foreach (var firmware in Enum.GetValues<Firmware>())
        {
            Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(PrivateKey(firmware).Without(type).ToSignedData()));
        }
    }

    [Fact]
    public void Number_OfOneToEightBytes_IsRead()
    {
        for (var length = 1; length <= 8; length++)
        {
            var value = new byte[length];
            (value[0], value[^1]) = (0x80, (byte)(length == 1 ? 0x80 : 3));
            var number = AttestedAttributes.Parse(PrivateKey().With(0x0000, value).ToSignedData()).Number(AttestedAttribute.Class);
            Assert.Equal((0x80UL << (8 * (length - 1))) | value[^1], number);
        }
    }

    [Fact]
    public void Parse_ThatReadsInTwoWays_IsRefused()
    {
        // An object of the older layout at byte 20, within the space before the newer layout's buffer.
        var older = PrivateKey(Firmware.Older).ToSignedData();
        var newer = PrivateKey().ToSignedData();
        byte[] both = [.. newer[..16], .. older[16..], .. newer[32..]];
        WriteTotal(both);

        var failure = Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(both));
        Assert.Contains("two ways", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Makes the header's total right for data of another length.</summary>
    private static void WriteTotal(byte[] signedData) =>
        BinaryPrimitives.WriteUInt32BigEndian(signedData.AsSpan(8), (uint)(signedData.Length + TestStatement.SignatureSize));
}
