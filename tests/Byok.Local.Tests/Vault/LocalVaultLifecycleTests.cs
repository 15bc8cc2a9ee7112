using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Transfer;
using Byok.Local.Vault;
using Byok.Local.Vault.Token;
using Byok.Testing.Tokens;
using static Byok.Local.Tests.Vault.LocalVaultImportTests;

namespace Byok.Local.Tests.Vault;

public sealed class LocalVaultLifecycleTests(SoftHsmFixture fixture) : IClassFixture<SoftHsmFixture>
{
    [Fact]
    public async Task UpdateKeyAsync_Attributes_ChangeAndNullsStay()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer", new KeyAttributes { Operations = ["unwrapKey"], Tags = new Dictionary<string, string> { ["a"] = "1" } });
        bench.Time.Advance(TimeSpan.FromSeconds(10));
        var expiry = bench.Time.GetUtcNow().AddDays(1);

        var updated = await bench.Vault.UpdateKeyAsync(key.Id, new KeyAttributes { ExpiresOn = expiry, NotBefore = key.CreatedOn }, default);

        Assert.Equal(expiry, updated.ExpiresOn);
        Assert.Equal(key.CreatedOn, updated.NotBefore);
        Assert.Equal(key.CreatedOn, updated.CreatedOn);
        Assert.Equal(bench.Time.GetUtcNow(), updated.UpdatedOn);
        Assert.Equal(["unwrapKey"], updated.Operations);
        Assert.Equal("1", updated.Tags["a"]);
        Assert.True(updated.Enabled);
        var emptied = await bench.Vault.UpdateKeyAsync(key.Id, new KeyAttributes { Tags = new Dictionary<string, string>() }, default);
        Assert.Empty(emptied.Tags);
        Assert.Equal(expiry, emptied.ExpiresOn);
    }

    [Fact]
    public async Task UnwrapKeyAsync_DisabledThenEnabled_FailsThenWorks()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer");
        var wrapped = LocalVaultBench.Wrap(key, [1, 2, 3]);

        await bench.Vault.UpdateKeyAsync(key.Id, new KeyAttributes { Enabled = false }, default);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.UnwrapKeyAsync(key.Id, wrapped, default));
        await bench.Vault.UpdateKeyAsync(key.Id, new KeyAttributes { Enabled = true }, default);

        Assert.Equal([1, 2, 3], await bench.Vault.UnwrapKeyAsync(key.Id, wrapped, default));
    }

    [Fact]
    public async Task UnwrapKeyAsync_ExpiredKey_StillUnwraps()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer", new KeyAttributes { ExpiresOn = bench.Time.GetUtcNow().AddMinutes(1) });
        var wrapped = await bench.Vault.WrapKeyAsync(key.Id, new byte[] { 9 }, default);
        bench.Time.Advance(TimeSpan.FromDays(1));

        Assert.Equal([9], await bench.Vault.UnwrapKeyAsync(key.Id, wrapped, default));
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.WrapKeyAsync(key.Id, new byte[] { 9 }, default));
    }

    [Fact]
    public async Task UnwrapKeyAsync_NotInKeyOps_IsUnavailable()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer", new KeyAttributes { Operations = ["wrapKey"] });
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.UnwrapKeyAsync(key.Id, LocalVaultBench.Wrap(key, [1]), default));
    }

    [Fact]
    public async Task UnwrapKeyAsync_MissingVersionOrOtherVault_IsUnavailable()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer");
        await Assert.ThrowsAsync<KeyUnavailableException>(
            () => bench.Vault.UnwrapKeyAsync(new KeyIdentifier(bench.Vault.VaultUri, "customer", new string('0', 32)), new byte[256], default));
        await Assert.ThrowsAsync<KeyUnavailableException>(
            () => bench.Vault.UnwrapKeyAsync(new KeyIdentifier(new Uri("https://else.vault.local"), "customer", key.Id.Version), new byte[256], default));
    }

    [Fact]
    public async Task UnwrapKeyAsync_WrongCiphertext_IsIntegrityFailure()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer");
        await Assert.ThrowsAsync<IntegrityException>(() => bench.Vault.UnwrapKeyAsync(key.Id, RandomNumberGenerator.GetBytes(256), default));
        await Assert.ThrowsAsync<IntegrityException>(() => bench.Vault.UnwrapKeyAsync(key.Id, new byte[17], default));
    }

    [Fact]
    public async Task DeleteAndRecover_Key_GoesAndComesBackWithAllVersions()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var first = await bench.BringAsync("customer");
        var second = await bench.BringAsync("customer");
        var wrapped = LocalVaultBench.Wrap(first, [7]);

        var deleted = await bench.Vault.DeleteKeyAsync("customer", default);

        Assert.Equal(second.Id, deleted.Key.Id);
        Assert.Equal(bench.Time.GetUtcNow().AddDays(90), deleted.ScheduledPurgeOn);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => bench.Vault.UnwrapKeyAsync(first.Id, wrapped, default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.GetKeyAsync("customer", null, default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.UpdateKeyAsync(first.Id, new KeyAttributes { Enabled = true }, default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.DeleteKeyAsync("customer", default));
        await Assert.ThrowsAsync<NameTakenException>(() => bench.BringAsync("customer"));
        Assert.Empty(await ToListAsync(bench.Vault.ListKeyVersionsAsync("customer", default)));
        Assert.DoesNotContain(await ToListAsync(bench.Vault.ListKeysAsync(default)), key => key.Id.Name == "customer");
        Assert.Equal(second.Id, Assert.Single(await ToListAsync(bench.Vault.ListDeletedKeysAsync(default))).Key.Id);

        Assert.Equal(second.Id, (await bench.Vault.RecoverDeletedKeyAsync("customer", default)).Id);

        Assert.Equal([7], await bench.Vault.UnwrapKeyAsync(first.Id, wrapped, default));
        Assert.Empty(await ToListAsync(bench.Vault.ListDeletedKeysAsync(default)));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.RecoverDeletedKeyAsync("customer", default));
    }

    [Fact]
    public async Task PurgeDeletedKeyAsync_DeletedKey_DestroysItInTheToken()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var token = TokenOf(bench);
        var key = await bench.BringAsync("customer");
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.PurgeDeletedKeyAsync("customer", default));
        await bench.Vault.DeleteKeyAsync("customer", default);
        Assert.Contains(key.Id.Version, await token.ListIdsAsync(default));

        await bench.Vault.PurgeDeletedKeyAsync("customer", default);

        Assert.DoesNotContain(key.Id.Version, await token.ListIdsAsync(default));
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => bench.Vault.RecoverDeletedKeyAsync("customer", default));
        Assert.NotEqual(key.Id, (await bench.BringAsync("customer")).Id);
    }

    [Fact]
    public async Task PurgeDeletedKeyAsync_PurgeProtection_IsRefused()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture, new() { PurgeProtection = true, RecoverableDays = 7 });
        var key = await bench.BringAsync("customer");
        Assert.True(key is { IsPurgeProtected: true, RecoverableDays: 7 });
        await bench.Vault.DeleteKeyAsync("customer", default);

        await Assert.ThrowsAsync<VaultException>(() => bench.Vault.PurgeDeletedKeyAsync("customer", default));

        Assert.Equal(key.Id, (await bench.Vault.RecoverDeletedKeyAsync("customer", default)).Id);
    }

    [Fact]
    public async Task OpenAsync_DeletedKeyWhoseTimeIsOver_IsPurged()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture, new() { PurgeProtection = true, RecoverableDays = 7 });
        var key = await bench.BringAsync("customer");
        await bench.Vault.DeleteKeyAsync("customer", default);
        bench.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        await bench.RestartAsync();
        Assert.Single(await ToListAsync(bench.Vault.ListDeletedKeysAsync(default)));

        bench.Time.Advance(TimeSpan.FromSeconds(1));
        await bench.RestartAsync();

        Assert.Empty(await ToListAsync(bench.Vault.ListDeletedKeysAsync(default)));
        Assert.DoesNotContain(key.Id.Version, await TokenOf(bench).ListIdsAsync(default));
    }

    [Fact]
    public async Task OpenAsync_AfterRestart_StateIsAllThere()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer", new KeyAttributes { ExpiresOn = bench.Time.GetUtcNow().AddDays(3), Tags = new Dictionary<string, string> { ["ü"] = "'\"" } });
        var wrapped = LocalVaultBench.Wrap(key, [5]);

        await bench.RestartAsync();

        var again = await bench.Vault.GetKeyAsync("customer", null, default);
        Assert.Equivalent(key, again, strict: true);
        Assert.Equal([5], await bench.Vault.UnwrapKeyAsync(key.Id, wrapped, default));
    }

    [Fact]
    public async Task OpenAsync_DiedBetweenTokenAndDatabase_OrphanIsDestroyedAndNothingElse()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        using var neighbour = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer");
        var other = await neighbour.BringAsync("customer");
        var token = TokenOf(bench);
        var orphan = RandomNumberGenerator.GetBytes(16);
        await token.GenerateKeyAsync(orphan, 2048, default);

        await bench.RestartAsync();

        var left = await token.ListIdsAsync(default);
        Assert.DoesNotContain(Convert.ToHexStringLower(orphan), left);
        Assert.Contains(key.Id.Version, left);
        Assert.Equal([1], await neighbour.Vault.UnwrapKeyAsync(other.Id, LocalVaultBench.Wrap(other, [1]), default));
    }

    [Fact]
    public async Task OpenAsync_TokenLacksAKey_IsRefusedUnlessTheLossIsAccepted()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var first = await bench.BringAsync("customer");
        var lost = await bench.BringAsync("customer");
        var only = await bench.BringAsync("only");
        await TokenOf(bench).DestroyAsync(Convert.FromHexString(lost.Id.Version), default);
        await TokenOf(bench).DestroyAsync(Convert.FromHexString(only.Id.Version), default);

        var refused = await Assert.ThrowsAsync<ConfigurationException>(bench.OpenAnotherAsync);

        Assert.Contains($"lacks 2 of the key versions that the vault's database lists (customer/{lost.Id.Version}, only/{only.Id.Version})", refused.Message, StringComparison.Ordinal);
        using var vault = await LocalVault.OpenAsync(
            bench.DatabaseFile, fixture.VaultToken, new LocalVaultOptions { ForgetsMissingKeys = true }, bench.Time, default);
        Assert.Equal(first.Id, Assert.Single(await ToListAsync(vault.ListKeyVersionsAsync("customer", default))).Id);
        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => vault.GetKeyAsync("only", null, default));
        (await bench.OpenAnotherAsync()).Dispose();
    }

    [Fact]
    public async Task OpenAsync_TokenLacksADeletedKey_IsNoFault()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var key = await bench.BringAsync("customer");
        await bench.Vault.DeleteKeyAsync("customer", default);
        await TokenOf(bench).DestroyAsync(Convert.FromHexString(key.Id.Version), default);

        await bench.RestartAsync();

        Assert.Equal(key.Id, Assert.Single(await ToListAsync(bench.Vault.ListDeletedKeysAsync(default))).Key.Id);
    }

    [Fact]
    public async Task VaultNotes_WrittenAndReadAgain_AreKeptBesideTheKeys()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        Assert.Equal((null, false), VaultNotes.Read(bench.DatabaseFile, "a"));

        await VaultNotes.WriteAsync(bench.DatabaseFile, "a", "1", default);
        await VaultNotes.WriteAsync(bench.DatabaseFile, "a", "2", default);
        await bench.CreateKekAsync();

        Assert.Equal(("2", true), VaultNotes.Read(bench.DatabaseFile, "a"));
        Assert.Equal((null, true), VaultNotes.Read(bench.DatabaseFile, "b"));
        var missing = Path.Combine(bench.Folder, "missing.db");
        Assert.Equal((null, false), VaultNotes.Read(missing, "a"));
        Assert.False(File.Exists(missing));
    }

    [Fact]
    public async Task ImportKeyAsync_DatabaseCannotBeWritten_LeavesNothingInTheToken()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());
        var before = await TokenOf(bench).ListIdsAsync(default);
        var database = new VaultDatabase(bench.DatabaseFile);
        await database.WriteAsync(
            connection => Task.FromResult(connection.Execute("CREATE TRIGGER broken BEFORE INSERT ON versions BEGIN SELECT RAISE(ABORT, 'disk full'); END")), default);

        await Assert.ThrowsAsync<VaultException>(() => bench.Vault.ImportKeyAsync("customer", exported.TransferBlob, new KeyAttributes(), default));

        Assert.Equal(before, await TokenOf(bench).ListIdsAsync(default));
        database.Dispose();
    }

    [Fact]
    public async Task OpenAsync_NoDatabase_SaysSo()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "this is a text file, not a database, and long enough to be looked at as one by anybody who cares to look");
            await Assert.ThrowsAsync<VaultException>(() => LocalVault.OpenAsync(path, fixture.VaultToken, new LocalVaultOptions(), TimeProvider.System, default));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task AnyCalls_TwoInstancesAndManyThreads_KeepOneConsistentState()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        using var second = await bench.OpenAnotherAsync();
        var exported = await bench.ExportAsync(await bench.CreateKekAsync());
        LocalVault[] instances = [bench.Vault, second];

        var keys = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            var vault = instances[i % 2];
            var key = await vault.ImportKeyAsync($"shared-{i % 3}", exported.TransferBlob, new KeyAttributes(), default);
            Assert.Equal([(byte)i], await instances[(i + 1) % 2].UnwrapKeyAsync(key.Id, LocalVaultBench.Wrap(key, [(byte)i]), default));
            await vault.UpdateKeyAsync(key.Id, new KeyAttributes { Tags = new Dictionary<string, string> { ["i"] = $"{i}" } }, default);
            return key;
        }));

        Assert.Equal(12, keys.Select(key => key.Id).Distinct().Count());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(4, (await ToListAsync(second.ListKeyVersionsAsync($"shared-{i}", default))).Count);
        }

        Assert.All(keys.Index(), pair => Assert.Equal($"{pair.Index}", second.GetKeyAsync(pair.Item.Id.Name, pair.Item.Id.Version, default).Result.Tags["i"]));
    }

    [Fact]
    public async Task VaultFolder_AfterUse_HoldsNoPrivateKey()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var kek = await bench.CreateKekAsync();
        using var planted = RSA.Create(2048);
        var parameters = planted.ExportParameters(true);
        var ciphertext = SoftwareTransferBlob(kek, planted);
        var key = await bench.Vault.ImportKeyAsync("planted", ciphertext, new KeyAttributes(), default);
        Assert.Equal(RsaPublicKey.FromParameters(parameters), key.PublicKey);

        foreach (var file in Directory.GetFiles(bench.Folder).Concat(Directory.GetFiles(fixture.SoftHsm.Folder, "*", SearchOption.AllDirectories)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            foreach (var secret in new[] { parameters.D!, parameters.P!, parameters.Q!, parameters.DP!, parameters.InverseQ! })
            {
                Assert.True(content.AsSpan().IndexOf(secret) < 0, file);
            }
        }
    }

    [Fact]
    public async Task Token_KeyListedTwice_IsUsedUnlessTheTwoDiffer()
    {
        using var bench = await LocalVaultBench.OpenAsync(fixture);
        var kek = await bench.CreateKekAsync();
        var ciphertext = TransferBlob.Parse((await bench.ExportAsync(kek)).TransferBlob).Ciphertext.ToArray();
        var token = TokenOf(bench);
        var id = RandomNumberGenerator.GetBytes(16);
        var digest = SHA256.HashData("message"u8);
        await token.ImportKeyAsync(Convert.FromHexString(kek.Id.Version), ciphertext, id, default);
        var before = await token.SignAsync(id, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, digest, default);

        await token.ImportKeyAsync(Convert.FromHexString(kek.Id.Version), ciphertext, id, default);
        Assert.Equal(before, await token.SignAsync(id, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, digest, default));

        await token.GenerateKeyAsync(id, 2048, default);
        await Assert.ThrowsAsync<HsmKeyNotFoundException>(() => token.SignAsync(id, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, digest, default));
    }

    private VaultToken TokenOf(LocalVaultBench bench)
    {
        using var database = new VaultDatabase(bench.DatabaseFile);
        return new VaultToken(fixture.VaultToken, $"byok-vault-{database.Id}");
    }

    private static byte[] SoftwareTransferBlob(VaultKey kek, RSA key)
    {
        using var rsa = RSA.Create(kek.PublicKey!.ToParameters());
        using var aes = Aes.Create();
        byte[] ciphertext = [.. rsa.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(key.ExportPkcs8PrivateKey())];
        return TransferBlob.Create(kek.Id, ciphertext, "test").ToUtf8Json();
    }
}
