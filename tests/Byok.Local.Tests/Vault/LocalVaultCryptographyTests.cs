using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Testing.Tokens;

namespace Byok.Local.Tests.Vault;

public sealed class LocalVaultCryptographyTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    [Fact]
    public async Task CreateKeyAsync_Key_DoesAllThatKeysDo()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.Vault.CreateKeyAsync("born-here", 2048, new KeyAttributes(), default);
        var longest = RandomNumberGenerator.GetBytes(190);
        byte[] digest = SHA256.HashData("message"u8);

        Assert.Equal(["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"], key.Operations);
        Assert.Equal(longest, await bench.Vault.DecryptAsync(key.Id, await bench.Vault.EncryptAsync(key.Id, longest, default), default));
        Assert.Empty(await bench.Vault.UnwrapKeyAsync(key.Id, await bench.Vault.WrapKeyAsync(key.Id, default, default), default));
        foreach (var algorithm in new[] { "RS256", "PS256" })
        {
            var signature = await bench.Vault.SignAsync(key.Id, algorithm, digest, default);
            Assert.True(await bench.Vault.VerifyAsync(key.Id, algorithm, digest, signature, default));
            signature[0] ^= 1;
            Assert.False(await bench.Vault.VerifyAsync(key.Id, algorithm, digest, signature, default));
        }
    }

    [Fact]
    public async Task Calls_ThatTheKeyDoesNotAllow_AreRefused()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.Vault.CreateKeyAsync("only-verify", 2048, new KeyAttributes { Operations = ["verify"] }, default);

        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.SignAsync(key.Id, "RS256", new byte[32], default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.EncryptAsync(key.Id, new byte[1], default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.DecryptAsync(key.Id, new byte[256], default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.WrapKeyAsync(key.Id, new byte[1], default));
        Assert.False(await bench.Vault.VerifyAsync(key.Id, "RS256", new byte[32], new byte[256], default));
    }

    [Fact]
    public async Task Calls_WithImpossibleArguments_AreMisuse()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.Vault.CreateKeyAsync("born-here", 2048, new KeyAttributes(), default);

        await Assert.ThrowsAsync<ArgumentException>(() => bench.Vault.SignAsync(key.Id, "RS1", new byte[20], default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => bench.Vault.SignAsync(key.Id, "RS256", new byte[31], default));
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Vault.EncryptAsync(key.Id, new byte[191], default));
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Vault.GetKeyAsync("not a name", null, default));
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Vault.CreateKeyAsync("not a name", 2048, new KeyAttributes(), default));
    }
}
