using Byok.Core.Errors;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Attestation;
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
    public void Parse_ThatReadsInTwoWays_IsRefused()
    {
        // An object of the older layout at byte 20, within the space before the newer layout's buffer.
        var older = PrivateKey(Firmware.Older).ToSignedData();
        var newer = PrivateKey().ToSignedData();
        byte[] both = [.. newer[..16], .. older[16..], .. newer[32..]];
        var total = (uint)(both.Length + TestStatement.SignatureSize);
        (both[10], both[11]) = ((byte)(total >> 8), (byte)total);

        var failure = Assert.Throws<AttestationException>(() => AttestedAttributes.Parse(both));
        Assert.Contains("two ways", failure.Message, StringComparison.Ordinal);
    }
}
