using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Byok.Testing.Core.Attestation;

/// <summary>
/// The certificates of one partition of an HSM: manufacturer's root, adapter, partition, and the owner's root that certified the same partition. Every part can be
/// made otherwise, for what a verifier must refuse. Keys are made once a process; a certificate is new each time.
/// </summary>
public sealed class TestPartition
{
    private const string RootName = "O=Test HSM Maker, CN=root";
    private const string AdapterName = "O=Test HSM Maker, CN=adapter";
    private const string PartitionName = "O=Test HSM Maker, CN=adapter:partition";
    private const string OwnerName = "O=Test Owner, CN=owner";

    private static readonly Lazy<RSA> RootKey = New(3072);
    private static readonly Lazy<RSA> AdapterKey = New(2048);
    private static readonly Lazy<RSA> OwnerKey = New(2048);

    /// <summary>The key that signs statements.</summary>
    public static Lazy<RSA> Key { get; } = New(2048);

    /// <summary>Another partition's key.</summary>
    public static Lazy<RSA> OtherKey { get; } = New(2048);

    public static DateTimeOffset NotBefore { get; } = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset NotAfter { get; } = new(2044, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Ends of validity; the root's is the latest.</summary>
    public DateTimeOffset AdapterNotAfter { get; init; } = NotAfter;

    public DateTimeOffset PartitionNotAfter { get; init; } = NotAfter;

    public DateTimeOffset OwnerNotAfter { get; init; } = NotAfter;

    public bool IsAdapterAuthority { get; init; } = true;

    public bool IsOwnerAuthority { get; init; } = true;

    /// <summary>The key that the owner certified.</summary>
    public RSA OwnersPartitionKey { get; init; } = Key.Value;

    /// <summary>The key that signed the adapter's certificate, in the root's name.</summary>
    public RSA? AdapterIssuerKey { get; init; }

    public X509Certificate2 Root => Issue(RootName, RootKey.Value, RootName, RootKey.Value, NotAfter.AddYears(1), true);

    public X509Certificate2 Adapter => Issue(AdapterName, AdapterKey.Value, RootName, AdapterIssuerKey ?? RootKey.Value, AdapterNotAfter, IsAdapterAuthority);

    public X509Certificate2 Partition => Issue(PartitionName, Key.Value, AdapterName, AdapterKey.Value, PartitionNotAfter, false);

    public X509Certificate2 OwnerRoot => Issue(OwnerName, OwnerKey.Value, OwnerName, OwnerKey.Value, OwnerNotAfter, IsOwnerAuthority);

    public X509Certificate2 OwnersPartition => Issue(PartitionName, OwnersPartitionKey, OwnerName, OwnerKey.Value, OwnerNotAfter, false);

    /// <summary>What the service gives: everything but the manufacturer's root.</summary>
    public string Bundle => Pem(OwnersPartition, Partition, OwnerRoot, Adapter);

    public static string Pem(params IEnumerable<X509Certificate2> certificates) =>
        string.Join('\n', certificates.Select(certificate => certificate.ExportCertificatePem())) + "\n";

    /// <summary>A self-signed authority of any name and key.</summary>
    public static X509Certificate2 SelfSigned(string name, RSA key) => Issue(name, key, name, key, NotAfter, true);

    private static X509Certificate2 Issue(string name, RSA key, string issuer, RSA issuerKey, DateTimeOffset notAfter, bool isAuthority)
    {
        var request = new CertificateRequest(new X500DistinguishedName(name), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (isAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, false));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        }

        return request.Create(
            new X500DistinguishedName(issuer), X509SignatureGenerator.CreateForRSA(issuerKey, RSASignaturePadding.Pkcs1), NotBefore, notAfter, [1, .. Guid.NewGuid().ToByteArray()]);
    }

    private static Lazy<RSA> New(int sizeInBits) => new(() =>
    {
        var rsa = RSA.Create(sizeInBits);
        rsa.ExportParameters(false); // makes the key now
        return rsa;
    });
}
