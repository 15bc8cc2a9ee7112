using System.Numerics;
using System.Security.Cryptography;
using Byok.Local.Vault.Token;
using CsCheck;

namespace Byok.Local.Tests.Vault.Token;

public sealed class OaepPaddingTests
{
    private static readonly RSA Rsa = RSA.Create(2048);

    [Fact]
    public void TryRemove_WhatDotNetEncrypts_GivesTheMessage() =>
        Gen.Byte.Array[0, 190].Sample(
            message =>
            {
                Assert.True(OaepPadding.TryRemove(Block(message), out var removed));
                Assert.Equal(message, removed);
            },
            iter: 60);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(189)]
    [InlineData(190)]
    public void TryRemove_BorderLengths_GiveTheMessage(int length)
    {
        byte[] message = [.. Enumerable.Repeat((byte)1, length)];
        Assert.True(OaepPadding.TryRemove(Block(message), out var removed));
        Assert.Equal(message, removed);
    }

    [Fact]
    public void TryRemove_AnyByteAltered_IsRefused()
    {
        var block = Block(RandomNumberGenerator.GetBytes(32));
        for (var i = 0; i < block.Length; i++)
        {
            var altered = block.ToArray();
            altered[i] ^= 0x10;
            Assert.False(OaepPadding.TryRemove(altered, out var message), $"byte {i}");
            Assert.Empty(message);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(66)]
    [InlineData(256)]
    public void TryRemove_Zeros_IsRefused(int length) => Assert.False(OaepPadding.TryRemove(new byte[length], out _));

    /// <summary>The padded block that .NET encrypted, by textbook RSA.</summary>
    private static byte[] Block(byte[] message)
    {
        var parameters = Rsa.ExportParameters(true);
        static BigInteger Number(byte[]? bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
        var block = BigInteger.ModPow(Number(Rsa.Encrypt(message, RSAEncryptionPadding.OaepSHA256)), Number(parameters.D), Number(parameters.Modulus))
            .ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[256 - block.Length], .. block];
    }
}
