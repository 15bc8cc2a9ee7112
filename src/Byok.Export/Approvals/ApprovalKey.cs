using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Export.Approvals;

/// <summary>
/// The public key of an approver. The key pins the algorithm (RFC 8725, 3.1): EC on P-256 signs ES256, RSA of 2048 bits or more signs PS256,
/// and nothing else is accepted.
/// </summary>
public sealed class ApprovalKey
{
    private const int MinRsaSizeInBits = 2048;
    private const int MaxRsaSizeInBits = 8192;
    private readonly byte[] _subjectPublicKeyInfo;

    private ApprovalKey(AsymmetricAlgorithm key, string algorithm, string thumbprint)
    {
        _subjectPublicKeyInfo = key.ExportSubjectPublicKeyInfo();
        Algorithm = algorithm;
        Thumbprint = thumbprint;
    }

    /// <summary>JWS algorithm, <c>ES256</c> or <c>PS256</c> (RFC 7518, 3.1).</summary>
    public string Algorithm { get; }

    /// <summary>RFC 7638 thumbprint, base64url; the approver's id and the <c>kid</c> of an approval.</summary>
    public string Thumbprint { get; }

    /// <summary>Reads a public key.</summary>
    /// <param name="pem">PEM, <c>BEGIN PUBLIC KEY</c>.</param>
    /// <exception cref="ConfigurationException">It is no PEM public key of a kind that may approve; a private key is refused too.</exception>
    public static ApprovalKey FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new ConfigurationException("An approver's private key stands where the public key belongs; keep it with the approver alone.");
        }

        using var key = Import(pem);
        return FromKey(key);
    }

    /// <summary>The public half of an imported key.</summary>
    internal static ApprovalKey FromKey(AsymmetricAlgorithm key) => key switch
    {
        ECDsa ec => new ApprovalKey(ec, "ES256", ThumbprintOf(ec)),
        RSA { KeySize: < MinRsaSizeInBits or > MaxRsaSizeInBits } rsa =>
            throw new ConfigurationException($"An approver's RSA key has {rsa.KeySize} bits; {MinRsaSizeInBits} to {MaxRsaSizeInBits} are accepted."),
        RSA rsa => new ApprovalKey(rsa, "PS256", RsaPublicKey.FromParameters(rsa.ExportParameters(false)).Thumbprint),
        _ => throw new ConfigurationException("An approver's key is neither EC nor RSA."),
    };

    /// <summary>Imports a PEM key of either kind.</summary>
    internal static AsymmetricAlgorithm Import(string pem)
    {
        foreach (var create in new Func<AsymmetricAlgorithm>[] { ECDsa.Create, RSA.Create })
        {
            var key = create();
            try
            {
                key.ImportFromPem(pem);
                return key;
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        throw new ConfigurationException("The key file is not one unencrypted PEM key, EC on P-256 or RSA.");
    }

    /// <summary>Whether a signature over the data is this key's.</summary>
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (Algorithm == "ES256")
        {
            using var ec = ECDsa.Create();
            ec.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
            return ec.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(_subjectPublicKeyInfo, out _);
        return rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
    }

    private static string ThumbprintOf(ECDsa key)
    {
        var parameters = key.ExportParameters(false);
        if (!parameters.Curve.IsNamed || parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
        {
            throw new ConfigurationException("An approver's EC key is not on P-256, the only curve that is accepted.");
        }

        var jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(parameters.Q.X)}}","y":"{{Base64Url.EncodeToString(parameters.Q.Y)}}"}""";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(jwk)));
    }
}
