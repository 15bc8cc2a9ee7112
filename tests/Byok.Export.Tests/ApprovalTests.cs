using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Export.Approvals;
using Byok.Export.Policy;

namespace Byok.Export.Tests;

public sealed class ApprovalTests
{
    // The RSA key of RFC 7638, section 3.1.
    private const string N = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    private static readonly ExportRequest Request = new()
    {
        RequestId = "bring-1",
        KeyLabel = "payroll 2026",
        KekId = KeyIdentifier.Parse("https://Contoso.vault.azure.net/keys/kek/0a1b"),
        Kek = new RsaPublicKey(N, "AQAB"),
        KekOperations = ["import"],
        ExpiresOn = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)),
    };

    [Fact]
    public void ToUtf8_OfARequest_IsTheDocumentedForm() =>
        Assert.Equal(
            """{"version":"1","requestId":"bring-1","keyLabel":"payroll 2026","kekId":"https://contoso.vault.azure.net/keys/kek/0a1b","kekThumbprint":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","vault":"https://contoso.vault.azure.net","expiresOn":"2026-01-02T03:04:05.0000000Z"}""",
            Encoding.UTF8.GetString(CanonicalRequest.ToUtf8(Request)));

    [Fact]
    public void Describe_OfARequest_SaysWhatIsAsked()
    {
        var text = ApprovalSigner.Describe(Request);

        foreach (var part in new[] { "payroll 2026", "https://contoso.vault.azure.net", "kek/0a1b", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "2026-01-02 03:04:05 UTC", "bring-1", "2048" })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sign_WithAnEcKey_IsACompactJwsThatOthersVerify()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = ApprovalSigner.FromPem(ec.ExportECPrivateKeyPem());

        var parts = signer.Sign(Request).Split('.');

        Assert.Equal(
            $$"""{"alg":"ES256","kid":"{{signer.PublicKey.Thumbprint}}","typ":"byok-export-approval"}""",
            Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[0])));
        Assert.Equal(CanonicalRequest.ToUtf8(Request), System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        Assert.True(ec.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public void Thumbprint_OfTheRfc7638Key_IsTheRfcs()
    {
        using var rsa = RSA.Create(new RsaPublicKey(N, "AQAB").ToParameters());

        var key = ApprovalKey.FromPem(rsa.ExportSubjectPublicKeyInfoPem());

        Assert.Equal(("PS256", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"), (key.Algorithm, key.Thumbprint));
    }

    [Fact]
    public void FromPem_OfAPrivateKey_IsRefused()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Throws<ConfigurationException>(() => ApprovalKey.FromPem(ec.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void FromPem_OfAPublicKey_CannotSign()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        Assert.Throws<ConfigurationException>(() => ApprovalSigner.FromPem(ec.ExportSubjectPublicKeyInfoPem()));
    }

    [Fact]
    public void FromPem_OfWeakOrForeignKeys_IsRefused()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var small = RSA.Create(1024);

        Assert.Throws<ConfigurationException>(() => ApprovalKey.FromPem(p384.ExportSubjectPublicKeyInfoPem()));
        Assert.Throws<ConfigurationException>(() => ApprovalKey.FromPem(small.ExportSubjectPublicKeyInfoPem()));
        Assert.Throws<ConfigurationException>(() => ApprovalKey.FromPem("no key"));
        Assert.Throws<ConfigurationException>(() => ApprovalSigner.FromPem(p384.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void Verifier_TwoApproversWithOneKey_IsMisuse()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = ApprovalKey.FromPem(ec.ExportSubjectPublicKeyInfoPem());

        Assert.Throws<ArgumentException>(() => new ApprovalVerifier([new Approver("A", key), new Approver("B", key)]));
    }

    [Theory]
    [InlineData("payroll-*", "payroll-2026", true)]
    [InlineData("payroll-*", "payroll-", true)]
    [InlineData("payroll-*", "Payroll-2026", false)]
    [InlineData("payroll", "payroll", true)]
    [InlineData("payroll", "payroll-2026", false)]
    [InlineData("*", "anything", true)]
    public void LabelPattern_OfALabel_Matches(string pattern, string label, bool matches) => Assert.Equal(matches, new LabelPattern(pattern).Matches(label));

    [Theory]
    [InlineData("")]
    [InlineData("a*b")]
    [InlineData("**")]
    public void LabelPattern_OutOfForm_IsRefused(string pattern) => Assert.Throws<ConfigurationException>(() => new LabelPattern(pattern));
}
