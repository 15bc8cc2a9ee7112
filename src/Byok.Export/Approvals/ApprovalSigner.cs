using System.Globalization;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Export.Approvals;

/// <summary>The approver's side: says in words what is asked, and signs it.</summary>
public sealed class ApprovalSigner : IDisposable
{
    private readonly AsymmetricAlgorithm _privateKey;

    private ApprovalSigner(AsymmetricAlgorithm privateKey)
    {
        _privateKey = privateKey;
        PublicKey = ApprovalKey.FromKey(privateKey);
    }

    /// <summary>The public half; its thumbprint is the approver's id.</summary>
    public ApprovalKey PublicKey { get; }

    /// <summary>The public half for the agent's configuration, PEM.</summary>
    public string PublicKeyPem => _privateKey.ExportSubjectPublicKeyInfoPem();

    /// <summary>Reads a private key.</summary>
    /// <param name="pem">PEM, unencrypted: EC on P-256, or RSA of 2048 bits or more.</param>
    /// <exception cref="ConfigurationException">It is no such key, or only a public one.</exception>
    public static ApprovalSigner FromPem(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        if (!pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new ConfigurationException("The key file holds no private key; an approver signs with the private one.");
        }

        var key = ApprovalKey.Import(pem);
        try
        {
            return new ApprovalSigner(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Says what an approval of this request allows, for a person to read before signing.</summary>
    /// <exception cref="ArgumentException">A value may not stand in a request.</exception>
    public static string Describe(ExportRequest request)
    {
        _ = CanonicalRequest.ToUtf8(request);
        return $"""
            You are asked to let a master key leave the HSM, wrapped.
              key       {request.KeyLabel}
              to vault  {request.KekId.Vault.GetLeftPart(UriPartial.Authority)}
              under KEK {request.KekId}
                        RSA {request.Kek.SizeInBits} bits, thumbprint {request.Kek.Thumbprint}
              until     {request.ExpiresOn.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC
              request   {request.RequestId}
            Whoever holds the private half of this KEK receives the key. Compare the thumbprint with what the vault itself shows before you sign.
            """;
    }

    /// <returns>The approval, compact JWS.</returns>
    /// <exception cref="ArgumentException">A value may not stand in a request.</exception>
    public string Sign(ExportRequest request) =>
        ApprovalJws.Compose(
            new ApprovalJws.ProtectedHeader(PublicKey.Algorithm, PublicKey.Thumbprint, ApprovalJws.Type),
            CanonicalRequest.ToUtf8(request),
            Sign);

    public void Dispose() => _privateKey.Dispose();

    private byte[] Sign(byte[] data) => _privateKey switch
    {
        ECDsa ec => ec.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation),
        RSA rsa => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        _ => throw new InvalidOperationException("The key is neither EC nor RSA."),
    };
}
