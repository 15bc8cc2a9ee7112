using System.Numerics;
using System.Security.Cryptography;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;

namespace Byok.Core.Tests.Attestation;

/// <summary>The signature's arithmetic alone.</summary>
public sealed class SignatureTests
{
    private static readonly RSAParameters Key = TestPartition.Key.Value.ExportParameters(false);

    [Fact]
    public void IsBy_SignatureAndModulusAdded_IsAnotherSignatureAndRefused()
    {
        var modulus = Unsigned(Key.Modulus!);
        for (byte number = 0; ; number++)
        {
            var signed = TestStatement.Sign([number], TestPartition.Key.Value, TestStatement.Pad);
            Assert.True(AttestationSignature.IsBy(Key, signed));
            var larger = (Unsigned(signed.AsSpan(1)) + modulus).ToByteArray(isUnsigned: true, isBigEndian: true);
            if (larger.Length == AttestationSignature.SizeInBytes)
            {
                Assert.False(AttestationSignature.IsBy(Key, [number, .. larger]));
                return;
            }
        }
    }

    [Fact]
    public void IsBy_ExponentThatLeavesTheSignatureAsItIs_IsRefused()
    {
        byte[] statement = [1, 2, 3];
        byte[] forged = [.. statement, .. TestStatement.Pad(SHA256.HashData(statement))];

        Assert.False(AttestationSignature.IsBy(Key with { Exponent = [1] }, forged));
    }

    [Fact]
    public void IsBy_SignatureOfNothing_IsRefused() =>
        Assert.False(AttestationSignature.IsBy(Key, TestStatement.Sign([], TestPartition.Key.Value, TestStatement.Pad)));

    private static BigInteger Unsigned(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
