using System.Buffers.Text;
using System.Text;
using Byok.Core.Keys;

namespace Byok.KeyVault.Tests;

/// <summary>What goes over the wire is what the Key Vault REST reference asks for.</summary>
public sealed class RequestTests
{
    private static readonly DateTimeOffset Expiry = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);

    [Fact]
    public async Task CreateKeyExchangeKey_Always_AsksForAnImportOnlyHsmKey()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle("kek", operations: ["import"]));

        var key = await vault.Vault.CreateKeyExchangeKeyAsync(
            "kek", 4096, new KeyAttributes { ExpiresOn = Expiry, Operations = ["wrapKey"], Tags = new Dictionary<string, string> { ["a"] = "b" } }, default);

        var sent = vault.Only;
        Assert.Equal("POST", sent.Method);
        Assert.Equal("/keys/kek/create", sent.Path);
        Assert.Contains("api-version=", sent.Uri.Query, StringComparison.Ordinal);
        Assert.Equal("RSA-HSM", sent.Body.GetProperty("kty").GetString());
        Assert.Equal(4096, sent.Body.GetProperty("key_size").GetInt32());
        Assert.Equal("import", Assert.Single(sent.Body.GetProperty("key_ops").EnumerateArray()).GetString());
        Assert.Equal(1_900_000_000, sent.Body.GetProperty("attributes").GetProperty("exp").GetInt64());
        Assert.Equal("b", sent.Body.GetProperty("tags").GetProperty("a").GetString());
        Assert.Equal(["import"], key.Operations);
        Assert.True(key.IsHsmProtected);
    }

    [Fact]
    public async Task ImportKey_ByTransferBlob_SendsTheWholeFileAsKeyHsm()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle());
        var blob = Encoding.UTF8.GetBytes("""{"schema_version":"1.0.0","ciphertext":"_-8"}""");

        await vault.Vault.ImportKeyAsync(
            "master", blob, new KeyAttributes { Enabled = true, ExpiresOn = Expiry, Operations = ["wrapKey", "unwrapKey"], Tags = new Dictionary<string, string> { ["a"] = "b" } }, default);

        var sent = vault.Only;
        Assert.Equal("PUT", sent.Method);
        Assert.Equal("/keys/master", sent.Path);
        var key = sent.Body.GetProperty("key");
        Assert.Equal(["key_hsm", "key_ops", "kty"], key.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal("RSA-HSM", key.GetProperty("kty").GetString());
        Assert.Equal(["wrapKey", "unwrapKey"], key.GetProperty("key_ops").EnumerateArray().Select(operation => operation.GetString()));
        Assert.Equal(Base64Url.EncodeToString(blob), key.GetProperty("key_hsm").GetString());
        Assert.True(sent.Body.GetProperty("attributes").GetProperty("enabled").GetBoolean());
        Assert.Equal(1_900_000_000, sent.Body.GetProperty("attributes").GetProperty("exp").GetInt64());
        Assert.Equal("b", sent.Body.GetProperty("tags").GetProperty("a").GetString());
        Assert.False(sent.Body.TryGetProperty("Hsm", out _));
    }

    [Fact]
    public async Task UpdateKey_WithOneAttribute_SendsNothingElse()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle(enabled: false));

        var key = await vault.Vault.UpdateKeyAsync(vault.Id(), new KeyAttributes { Enabled = false }, default);

        var sent = vault.Only;
        Assert.Equal("PATCH", sent.Method);
        Assert.Equal("/keys/master/0123456789abcdef0123456789abcdef", sent.Path);
        Assert.Equal("""{"attributes":{"enabled":false}}""", sent.Body.GetRawText());
        Assert.False(key.Enabled);
    }

    [Fact]
    public async Task UpdateKey_WithOperations_SendsThem()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle());

        await vault.Vault.UpdateKeyAsync(vault.Id(), new KeyAttributes { Operations = ["unwrapKey"] }, default);

        Assert.Equal("unwrapKey", Assert.Single(vault.Only.Body.GetProperty("key_ops").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task GetKey_WithVersion_ReadsThatVersionWithAllItsAttributes()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle());

        var key = await vault.Vault.GetKeyAsync("master", "0123456789abcdef0123456789abcdef", default);

        Assert.Equal("/keys/master/0123456789abcdef0123456789abcdef", vault.Only.Path);
        Assert.Equal(vault.Id(), key.Id);
        Assert.Equal("AQAB", key.PublicKey!.E);
        Assert.Equal("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z", key.PublicKey.N);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), key.CreatedOn);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_005), key.UpdatedOn);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_001_000), key.ExpiresOn);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_699_999_990), key.NotBefore);
        Assert.Equal(90, key.RecoverableDays);
        Assert.True(key.IsPurgeProtected);
        Assert.Equal("test", key.Tags["purpose"]);
    }

    [Fact]
    public async Task GetKey_ThatIsNotRsa_HasNoPublicKey()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle(kty: "oct-HSM", n: null));

        Assert.Null((await vault.Vault.GetKeyAsync("master", null, default)).PublicKey);
    }

    [Fact]
    public async Task ListKeyVersions_OfSeveralPages_GivesOldestFirst()
    {
        var vault = new ScriptedVault();
        vault.Answer(new { value = new[] { vault.Item("master", "b", 30), vault.Item("master", "c", 10) }, nextLink = $"{vault.Uri}keys/master/versions?api-version=7.4&$skiptoken=x" });
        vault.Answer(new { value = new[] { vault.Item("master", "a", 20) } });
        vault.Answer(vault.Bundle(version: "c", created: 10)).Answer(vault.Bundle(version: "a", created: 20)).Answer(vault.Bundle(version: "b", created: 30));

        var versions = await vault.Vault.ListKeyVersionsAsync("master", default).ToListAsync();

        Assert.Equal(["c", "a", "b"], versions.Select(version => version.Id.Version));
        Assert.All(versions, version => Assert.NotNull(version.PublicKey));
        Assert.Equal("/keys/master/versions", vault.Requests[0].Path);
        Assert.Contains("skiptoken=x", vault.Requests[1].Uri.Query, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("c")]
    public async Task ListKeyVersions_OfOneSecond_GivesTheCurrentOneLast(string current)
    {
        var vault = new ScriptedVault();
        vault.Answer(new { value = new[] { vault.Item("master", "b", 20), vault.Item("master", "c", 20), vault.Item("master", "a", 20), vault.Item("master", "z", 10) } });
        vault.Answer(vault.Bundle(version: current, created: 20));
        foreach (var version in new[] { "z" }.Concat(new[] { "a", "b", "c" }.Where(version => version != current)).Append(current))
        {
            vault.Answer(vault.Bundle(version: version, created: version == "z" ? 10 : 20));
        }

        var versions = (await vault.Vault.ListKeyVersionsAsync("master", default).ToListAsync()).Select(version => version.Id.Version).ToList();

        Assert.Equal("z", versions[0]);
        Assert.Equal(current, versions[^1]);
        Assert.Equal("/keys/master/", vault.Requests[1].Path);
    }

    [Fact]
    public async Task ListKeyVersions_OfAnUnknownKey_EndsAtOnce()
    {
        var vault = new ScriptedVault();
        vault.Answer(new { value = Array.Empty<object>() });

        Assert.Empty(await vault.Vault.ListKeyVersionsAsync("master", default).ToListAsync());
    }

    [Fact]
    public async Task ListKeys_WithOneDeletedMeanwhile_GivesTheOthersByName()
    {
        var vault = new ScriptedVault();
        vault.Answer(new { value = new[] { vault.Item("b"), vault.Item("gone"), vault.Item("a") } });
        vault.Answer(vault.Bundle("a")).Answer(vault.Bundle("b")).Refuse(System.Net.HttpStatusCode.NotFound, "KeyNotFound");

        Assert.Equal(["a", "b"], (await vault.Vault.ListKeysAsync(default).ToListAsync()).Select(key => key.Id.Name));
    }

    [Fact]
    public async Task DeleteKey_ThatTakesTime_ReturnsWhenItIsDone()
    {
        var vault = new ScriptedVault();
        var deleted = vault.Bundle().GetType().GetProperties().ToDictionary(property => property.Name, property => property.GetValue(vault.Bundle()));
        deleted["recoveryId"] = $"{vault.Uri}deletedkeys/master";
        deleted["deletedDate"] = 1_700_000_100;
        deleted["scheduledPurgeDate"] = 1_700_900_100;
        vault.Answer(deleted).Refuse(System.Net.HttpStatusCode.NotFound, "KeyNotFound").Answer(deleted);

        var result = await vault.Vault.DeleteKeyAsync("master", default);

        Assert.Equal(["DELETE /keys/master", "GET /deletedkeys/master", "GET /deletedkeys/master"], vault.Requests.Select(sent => $"{sent.Method} {sent.Path}"));
        Assert.Equal(vault.Id(), result.Key.Id);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_100), result.DeletedOn);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_900_100), result.ScheduledPurgeOn);
    }

    [Fact]
    public async Task ListDeletedKeys_Always_ReadsEachByName()
    {
        var vault = new ScriptedVault();
        vault.Answer(new { value = new[] { vault.Item("b"), vault.Item("a") } });
        vault.Answer(vault.Bundle("a")).Refuse(System.Net.HttpStatusCode.NotFound, "KeyNotFound");

        var deleted = await vault.Vault.ListDeletedKeysAsync(default).ToListAsync();

        Assert.Equal("a", Assert.Single(deleted).Key.Id.Name);
        Assert.Equal(["/deletedkeys", "/deletedkeys/a", "/deletedkeys/b"], vault.Requests.Select(sent => sent.Path.TrimEnd('/')));
    }

    [Fact]
    public async Task RecoverDeletedKey_ThatTakesTime_ReturnsWhenItIsUsable()
    {
        var vault = new ScriptedVault();
        vault.Answer(vault.Bundle()).Refuse(System.Net.HttpStatusCode.NotFound, "KeyNotFound").Answer(vault.Bundle());

        await vault.Vault.RecoverDeletedKeyAsync("master", default);

        Assert.Equal("POST /deletedkeys/master/recover", $"{vault.Requests[0].Method} {vault.Requests[0].Path}");
        Assert.Equal(3, vault.Requests.Count);
    }

    [Fact]
    public async Task PurgeDeletedKey_Always_DeletesTheDeletedKey()
    {
        var vault = new ScriptedVault();
        vault.Answer(System.Net.HttpStatusCode.NoContent, "");

        await vault.Vault.PurgeDeletedKeyAsync("master", default);

        Assert.Equal("DELETE /deletedkeys/master", $"{vault.Only.Method} {vault.Only.Path}");
    }

    [Theory]
    [InlineData("vault.azure.net")]
    [InlineData("managedhsm.azure.net")]
    public async Task UnwrapKey_Twice_ReadsTheKeyOnceAndIsOneCallEach(string domain)
    {
        var vault = new ScriptedVault(domain);
        vault.Answer(vault.Bundle());
        byte[] secret = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        for (var i = 0; i < 2; i++)
        {
            vault.Answer(new { kid = vault.Id().ToString(), value = Base64Url.EncodeToString(secret) });
        }

        Assert.Equal(secret, await vault.Vault.UnwrapKeyAsync(vault.Id(), new byte[] { 0xFB, 0xFF }, default));
        Assert.Equal(secret, await vault.Vault.UnwrapKeyAsync(vault.Id(), new byte[] { 0xFB, 0xFF }, default));

        Assert.Equal(3, vault.Requests.Count);
        Assert.Equal("GET /keys/master/0123456789abcdef0123456789abcdef", $"{vault.Requests[0].Method} {vault.Requests[0].Path}");
        Assert.All(vault.Requests[1..], sent =>
        {
            Assert.Equal("POST /keys/master/0123456789abcdef0123456789abcdef/unwrapKey", $"{sent.Method} {sent.Path}");
            Assert.Equal("RSA-OAEP-256", sent.Body.GetProperty("alg").GetString());
            Assert.Equal("-_8", sent.Body.GetProperty("value").GetString());
        });
    }

    [Fact]
    public void UnwrapKey_OfAnotherVault_SendsNothing()
    {
        var vault = new ScriptedVault();
        var elsewhere = new KeyIdentifier(new Uri("https://other.vault.azure.net"), "master", "0");

        Assert.Throws<ArgumentException>(() => { _ = vault.Vault.UnwrapKeyAsync(elsewhere, new byte[1], default); });
        Assert.Empty(vault.Requests);
    }

    [Theory]
    [InlineData("http://contoso.vault.azure.net")]
    [InlineData("ftp://contoso.vault.azure.net")]
    public void Constructor_WithoutHttps_Refuses(string address) =>
        Assert.Throws<ArgumentException>(() => new AzureKeyVault(new Uri(address), new Azure.Identity.ManagedIdentityCredential(Azure.Identity.ManagedIdentityId.SystemAssigned)));

    [Theory]
    [InlineData("https://contoso.vault.azure.net", false)]
    [InlineData("https://contoso.managedhsm.azure.net", false)]
    [InlineData("https://127.0.0.1:8443", true)]
    public void CreateClientOptions_OffLoopback_KeepsTheChallengeCheck(string address, bool disabled) =>
        Assert.Equal(disabled, AzureKeyVault.CreateClientOptions(new Uri(address)).DisableChallengeResourceVerification);
}
