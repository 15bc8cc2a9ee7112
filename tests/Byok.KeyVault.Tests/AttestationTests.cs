using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Testing.Core.Attestation;

namespace Byok.KeyVault.Tests;

/// <summary>"Get Key Attestation", as the REST reference tells it.</summary>
public sealed class AttestationTests
{
    [Theory]
    [InlineData("managedhsm.azure.net")]
    [InlineData("managedhsm.usgovcloudapi.net")]
    [InlineData("managedhsm.azure.cn")]
    public async Task GetKeyAttestation_OfAManagedHsm_AsksWithItsOwnTokenAndReadsIt(string domain)
    {
        using var rsa = RSA.Create(2048);
        var key = RsaPublicKey.FromParameters(rsa.ExportParameters(false));
        var vault = new ScriptedVault(domain);
        var sound = TestAttestation.Of(vault.Id(), key);
        vault.Answer(Bundle(sound));

        var attestation = await vault.Vault.GetKeyAttestationAsync(vault.Id(), default);

        Assert.Equal("GET", vault.Only.Method);
        Assert.Equal($"{vault.Uri.GetLeftPart(UriPartial.Authority)}/keys/master/0123456789abcdef0123456789abcdef/attestation?api-version=7.6", vault.Only.Uri.AbsoluteUri);
        Assert.Equal($"https://{domain}/.default", Assert.Single(vault.Scopes));
        Assert.Equal(("MRVL-1", sound.Certificates), (attestation!.Version, attestation.Certificates));
        Assert.Equal(sound.PrivateKeyStatement.ToArray(), attestation.PrivateKeyStatement.ToArray());
        Assert.Equal(sound.PublicKeyStatement!.Value.ToArray(), attestation.PublicKeyStatement!.Value.ToArray());
        new KeyAttestationVerifier([new TestPartition().Root]).Verify(attestation, vault.Id(), key, KeyOrigin.Imported, TestPartition.NotBefore.AddYears(1));
    }

    [Fact]
    public async Task GetKeyAttestation_WithoutPublicKeysStatement_HasNone()
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        vault.Answer(Bundle(Empty)).Answer(Bundle(Empty with { PublicKeyStatement = new byte[] { 1 } }));

        Assert.Null((await vault.Vault.GetKeyAttestationAsync(vault.Id(), default))!.PublicKeyStatement);
        Assert.Equal([1], (await vault.Vault.GetKeyAttestationAsync(vault.Id(), default))!.PublicKeyStatement!.Value.ToArray());
    }

    [Fact]
    public async Task GetKeyAttestation_AnswerWithoutOne_IsNull()
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        vault.Answer(vault.Bundle());

        Assert.Null(await vault.Vault.GetKeyAttestationAsync(vault.Id(), default));
    }

    [Theory]
    [InlineData("vault.azure.net")]
    [InlineData("managedhsm.azure.net.example.com")]
    [InlineData("notmanagedhsm.azure.net")]
    public async Task GetKeyAttestation_OfAnyOtherVault_IsNullAndNotAskedFor(string domain)
    {
        var vault = new ScriptedVault(domain);

        Assert.Null(await vault.Vault.GetKeyAttestationAsync(vault.Id(), default));

        Assert.Empty(vault.Requests);
        Assert.Empty(vault.Scopes);
    }

    [Fact]
    public async Task GetKeyAttestation_OfAnotherVaultsKey_Throws()
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        var elsewhere = new KeyIdentifier(new Uri("https://other.managedhsm.azure.net"), "master", "1");

        await Assert.ThrowsAsync<ArgumentException>(() => vault.Vault.GetKeyAttestationAsync(elsewhere, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"attributes":{"attestation":{}}}""")]
    [InlineData("""{"attributes":{"attestation":{"version":1,"certificatePemFile":"","privateKeyAttestation":""}}}""")]
    [InlineData("""{"attributes":{"attestation":{"version":"MRVL-1","certificatePemFile":"","privateKeyAttestation":"="}}}""")]
    [InlineData("""{"attributes":{"attestation":{"version":"MRVL-1","certificatePemFile":"*","privateKeyAttestation":""}}}""")]
    public async Task GetKeyAttestation_AnswerMalformed_IsAVaultFailure(string body)
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        vault.Answer(HttpStatusCode.OK, body);

        var failure = await Assert.ThrowsAsync<VaultException>(() => vault.Vault.GetKeyAttestationAsync(vault.Id(), default));

        Assert.Contains("malformed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetKeyAttestation_Refused_FailsAsAnyRead()
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        vault.Refuse(HttpStatusCode.NotFound, "KeyNotFound").Refuse(HttpStatusCode.Forbidden, "Forbidden").Refuse(HttpStatusCode.BadRequest, "BadParameter");

        await Assert.ThrowsAsync<KeyNotFoundInVaultException>(() => vault.Vault.GetKeyAttestationAsync(vault.Id(), default));
        await Assert.ThrowsAsync<ConfigurationException>(() => vault.Vault.GetKeyAttestationAsync(vault.Id(), default));
        await Assert.ThrowsAsync<VaultException>(() => vault.Vault.GetKeyAttestationAsync(vault.Id(), default));
    }

    [Fact]
    public async Task GetKeyAttestation_Throttled_IsAskedAgain()
    {
        var vault = new ScriptedVault("managedhsm.azure.net");
        vault.Refuse(HttpStatusCode.TooManyRequests, "Throttled").Answer(Bundle(Empty));

        Assert.NotNull(await vault.Vault.GetKeyAttestationAsync(vault.Id(), default));
        Assert.Equal(2, vault.Requests.Count);
    }

    private static KeyAttestation Empty { get; } = new() { Version = "MRVL-1", Certificates = "", PrivateKeyStatement = ReadOnlyMemory<byte>.Empty };

    private static object Bundle(KeyAttestation attestation) => new
    {
        key = new { kid = "https://elsewhere.example/keys/a/b", kty = "RSA-HSM" },
        attributes = new
        {
            enabled = true,
            attestation = new
            {
                version = attestation.Version,
                certificatePemFile = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(attestation.Certificates)),
                privateKeyAttestation = Base64Url.EncodeToString(attestation.PrivateKeyStatement.Span),
                publicKeyAttestation = attestation.PublicKeyStatement is { } statement ? Base64Url.EncodeToString(statement.Span) : null,
            },
        },
    };
}
