using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;
using static Byok.Core.Tests.Attestation.AttestedKeyCase;

namespace Byok.Core.Tests.Attestation;

/// <summary>The signed statements: whose signature, what they say, and of which key.</summary>
public sealed class StatementTests
{
    private const string NotSigned = "is not signed by the partition's key";

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public void Verify_SoundAttestation_IsTaken(Firmware firmware)
    {
        Verify(Attest(PrivateKey(firmware), PublicKey(firmware)));
        Verify(Attest(PrivateKey(firmware)));
        Verify(Attest(PrivateKey(firmware).Without(0x0120).Without(0x0122), PublicKey(firmware)));
        Verify(Attest(PrivateKey(firmware, isGenerated: true), PublicKey(firmware)), KeyOrigin.Generated);
        Verify(Attest(PrivateKey(firmware)), id: new KeyIdentifier(Id.Vault, "PayRoll", Id.Version));
    }

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public void Verify_ModulusWithLeadingZeroAndWideNumbers_IsTheSame(Firmware firmware) => Verify(Attest(
        PrivateKey(firmware).With(0x0120, [0, .. Key.ToParameters().Modulus!]).With(0x0122, 0, 1, 0, 1).With(0x0000, 0, 0, 0, 3).With(0x0100, 0, 0, 0, 0)));

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public void Verify_EveryByteFlipped_Refuses(Firmware firmware)
    {
        var sound = Attest(PrivateKey(firmware), PublicKey(firmware));
        var verifier = new KeyAttestationVerifier([new TestPartition().Root]);
        var bytes = sound.PrivateKeyStatement.ToArray();
        for (var index = 0; index < bytes.Length; index++)
        {
            var altered = bytes.ToArray();
            altered[index] ^= 1;
            Assert.Throws<AttestationException>(() => verifier.Verify(sound with { PrivateKeyStatement = altered }, Id, Key, KeyOrigin.Imported, Now));
        }

        var last = sound.PublicKeyStatement!.Value.ToArray();
        last[^1] ^= 1;
        AssertRefused("about the public key is not signed", () => Verify(sound with { PublicKeyStatement = last }));
    }

    [Theory]
    [InlineData(Firmware.Older)]
    [InlineData(Firmware.Newer)]
    public void Verify_TruncatedAtEveryLength_Refuses(Firmware firmware)
    {
        var sound = Attest(PrivateKey(firmware), PublicKey(firmware));
        var verifier = new KeyAttestationVerifier([new TestPartition().Root]);
        for (var length = 0; length < sound.PrivateKeyStatement.Length; length++)
        {
            Assert.Throws<AttestationException>(() => verifier.Verify(sound with { PrivateKeyStatement = sound.PrivateKeyStatement[..length] }, Id, Key, KeyOrigin.Imported, Now));
        }

        for (var length = 0; length < sound.PublicKeyStatement!.Value.Length; length++)
        {
            Assert.Throws<AttestationException>(() => verifier.Verify(sound with { PublicKeyStatement = sound.PublicKeyStatement.Value[..length] }, Id, Key, KeyOrigin.Imported, Now));
        }
    }

    [Fact]
    public void Verify_SignedByAnotherPartition_Refuses() => AssertRefused(
        NotSigned, () => Verify(Attest(new TestStatement { Attributes = PrivateKey().Attributes, Signer = TestPartition.OtherKey.Value })));

    public static TheoryData<string> ForgedPaddings => [.. Forgeries.Keys];

    // What a reader of the signature's tail alone would take, and its neighbours. All are made with the true key: the refusal is the padding's.
    private static Dictionary<string, Func<byte[], byte[]>> Forgeries { get; } = new()
    {
        ["no padding"] = hash => [.. new byte[224], .. hash],
        ["anything before the hash"] = hash => [0, 1, .. Enumerable.Repeat((byte)0x5A, 222), .. hash],
        ["type 2"] = hash => [0, 2, .. TestStatement.Pad(hash)[2..]],
        ["type 0"] = hash => [0, 0, .. TestStatement.Pad(hash)[2..]],
        ["no zero before the hash"] = hash => [0, 1, .. Enumerable.Repeat((byte)0xFF, 222), .. hash],
        ["short padding, rubbish between"] = hash => [0, 1, .. Enumerable.Repeat((byte)0xFF, 8), 0, .. Enumerable.Repeat((byte)0x5A, 213), .. hash],
        ["short padding, rubbish behind"] = hash => [0, 1, .. Enumerable.Repeat((byte)0xFF, 8), 0, .. hash, .. new byte[213]],
        ["one padding byte wrong"] = hash => [0, 1, .. Enumerable.Repeat((byte)0xFF, 100), 0xFE, .. Enumerable.Repeat((byte)0xFF, 120), 0, .. hash],
        ["SHA-1's DigestInfo"] = hash => TestStatement.Pad([.. Convert.FromHexString("3021300906052b0e03021a05000414"), .. hash]),
        ["DigestInfo without NULL"] = hash => TestStatement.Pad([.. Convert.FromHexString("302f300b0609608648016503040201 0420".Replace(" ", "", StringComparison.Ordinal)), .. hash]),
        ["half the hash"] = hash => TestStatement.Pad(hash[16..]),
    };

    [Theory]
    [MemberData(nameof(ForgedPaddings))]
    public void Verify_ForgedPadding_Refuses(string forgery)
    {
        foreach (var firmware in Enum.GetValues<Firmware>())
        {
            AssertRefused(NotSigned, () => Verify(Attest(new TestStatement { Firmware = firmware, Attributes = PrivateKey(firmware).Attributes, Encode = Forgeries[forgery] })));
        }
    }

    [Theory]
    [InlineData(0x0000u, "02", "not of a private key")]
    [InlineData(0x0000u, "", "attribute Class is malformed")]
    [InlineData(0x0000u, "000000000000000003", "attribute Class is malformed")]
    [InlineData(0x0100u, "03", "not of an RSA key")]
    [InlineData(0x0102u, "", "names another key")]
    [InlineData(0x0102u, "FF", "attribute Id is malformed")]
    [InlineData(0x0103u, "00", "is not sensitive")]
    [InlineData(0x0103u, "02", "attribute Sensitive is malformed")]
    [InlineData(0x0103u, "0001", "attribute Sensitive is malformed")]
    [InlineData(0x0120u, "C0FFEE", "modulus is another key's")]
    [InlineData(0x0120u, "", "it tells no modulus")]
    [InlineData(0x0120u, "0000", "it tells no modulus")]
    [InlineData(0x0122u, "03", "public exponent is another key's")]
    [InlineData(0x0162u, "01", "is extractable")]
    [InlineData(0x0162u, "", "attribute Extractable is malformed")]
    public void Verify_PrivateKeysAttributeWrong_Refuses(uint type, string value, string because)
    {
        foreach (var firmware in Enum.GetValues<Firmware>())
        {
            AssertRefused(because, () => Verify(Attest(PrivateKey(firmware).With(type, Convert.FromHexString(value)))));
        }
    }

    [Theory]
    [InlineData(0x0100u, "KeyType")]
    [InlineData(0x0103u, "Sensitive")]
    [InlineData(0x0162u, "Extractable")]
    public void Verify_AttributeMissing_Refuses(uint type, string name) =>
        AssertRefused($"does not tell the attribute {name}", () => Verify(Attest(PrivateKey().Without(type))));

    [Theory]
    [InlineData(0x0163u, "was not made in the HSM")]
    [InlineData(0x0164u, "was extractable before")]
    public void Verify_KekThatWasOutside_Refuses(uint type, string because)
    {
        AssertRefused(because, () => Verify(Attest(PrivateKey(isGenerated: true).With(type, 0)), KeyOrigin.Generated));
        AssertRefused("does not tell", () => Verify(Attest(PrivateKey(isGenerated: true).Without(type)), KeyOrigin.Generated));
        Verify(Attest(PrivateKey(isGenerated: true).With(type, 0)));
    }

    [Theory]
    [InlineData(0x0000u, "03", "not of a public key")]
    [InlineData(0x0100u, "03", "not of an RSA key")]
    [InlineData(0x0102u, "2F", "names another key")]
    [InlineData(0x0120u, "C0FFEE", "modulus is another key's")]
    [InlineData(0x0122u, "03", "public exponent is another key's")]
    public void Verify_PublicKeysAttributeWrong_Refuses(uint type, string value, string because) =>
        AssertRefused(because, () => Verify(Attest(PrivateKey(), PublicKey().With(type, Convert.FromHexString(value)))));

    [Fact]
    public void Verify_NoModulusAnywhere_SaysSo()
    {
        AssertRefused("it tells no modulus", () => Verify(Attest(PrivateKey().Without(0x0120))));
        AssertRefused("it tells no modulus", () => Verify(Attest(PrivateKey().Without(0x0120), PublicKey().Without(0x0120))));
    }

    [Theory]
    [InlineData("pool/payroll/0123456789abcdef0123456789abcdee")]
    [InlineData("pool/payroll2/0123456789abcdef0123456789abcdef")]
    [InlineData("pool/notpayroll/0123456789abcdef0123456789abcdef")]
    [InlineData("payroll/0123456789abcdef0123456789abcdef/")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("pool/payroll/0123456789abcdef0123456789abcdef/x")]
    public void Verify_IdOfAnotherKey_Refuses(string id) => AssertRefused("names another key", () => Verify(Attest(PrivateKey().With(0x0102, Encoding.UTF8.GetBytes(id)))));

    [Fact]
    public void Verify_AnotherKeysAttestation_Refuses()
    {
        var other = NewKey();
        AssertRefused("exponent is another key's", () => Verify(Attest(PrivateKey()), key: RsaPublicKey.FromBytes(Key.ToParameters().Modulus, [3])));
        AssertRefused("modulus is another key's", () => Verify(Attest(PrivateKey(), PublicKey()), key: other));
        AssertRefused("modulus is another key's", () => Verify(Attest(PrivateKey().Without(0x0120), PublicKey()), key: other));
    }

    [Fact]
    public void Verify_Misused_NamesTheArgument()
    {
        var verifier = new KeyAttestationVerifier([new TestPartition().Root]);
        var sound = Attest(PrivateKey());

        Assert.Throws<ArgumentNullException>("attestation", () => verifier.Verify(null!, Id, Key, KeyOrigin.Imported, Now));
        Assert.Throws<ArgumentNullException>("id", () => verifier.Verify(sound, null!, Key, KeyOrigin.Imported, Now));
        Assert.Throws<ArgumentNullException>("key", () => verifier.Verify(sound, Id, null!, KeyOrigin.Imported, Now));
    }

    [Fact]
    public void Verify_StatementsSwapped_Refuses() => AssertRefused("not of a private key", () => Verify(Attest(PublicKey(), PrivateKey())));

    [Fact]
    public void Verify_AnotherFormat_Refuses() => AssertRefused("its format is 'MRVL-2'", () => Verify(Attest(PrivateKey()) with { Version = "MRVL-2" }));
}
