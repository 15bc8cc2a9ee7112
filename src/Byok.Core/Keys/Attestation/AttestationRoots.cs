using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Byok.Core.Keys.Attestation;

/// <summary>The HSM manufacturer's roots, as the operator pins them.</summary>
public static class AttestationRoots
{
    /// <summary>Reads roots from PEM. Each must be self-issued and a certification authority's; whether its time has come is looked at when it is used.</summary>
    /// <exception cref="FormatException">The text holds no certificate, or one that cannot be a root.</exception>
    public static IReadOnlyList<X509Certificate2> Parse(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException exception)
        {
            throw new FormatException("It holds a certificate that cannot be read.", exception);
        }

        if (roots.Count == 0)
        {
            throw new FormatException("It holds no certificate in PEM.");
        }

        foreach (var root in roots)
        {
            if (!IsSelfIssued(root) || !IsAuthority(root))
            {
                throw new FormatException($"The certificate '{root.Subject}' is not a root: not self-issued, or not marked as a certification authority's.");
            }
        }

        return [.. roots];
    }

    /// <summary>SHA-256 of a certificate, lower-case hex.</summary>
    internal static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawDataMemory.Span));

    /// <summary>Whether a certificate names itself as its issuer.</summary>
    internal static bool IsSelfIssued(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    /// <summary>Whether a certificate may issue others (RFC 5280, 4.2.1.9).</summary>
    internal static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true };
}
