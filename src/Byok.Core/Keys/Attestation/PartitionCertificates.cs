using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;

namespace Byok.Core.Keys.Attestation;

/// <summary>
/// The certificates of an attestation. A partition's key is believed when two certificates hold it: one chains to a pinned root of the manufacturer by way of
/// exactly one other (the adapter's), and one was issued by a self-signed certificate in the bundle, the owner's root.
/// </summary>
internal static class PartitionCertificates
{
    private const int MaxLength = 128 * 1024;
    private const int MaxCertificates = 16;

    /// <summary>The partition keys that the bundle proves, seldom more than one.</summary>
    /// <param name="pem">The bundle.</param>
    /// <param name="roots">The pinned roots.</param>
    /// <param name="at">When every certificate must be valid.</param>
    /// <exception cref="AttestationException">It proves none.</exception>
    public static List<PartitionKey> Verify(string pem, IReadOnlyList<X509Certificate2> roots, DateTimeOffset at)
    {
        var bundle = Load(pem);
        try
        {
            var byManufacturer = FromManufacturer(bundle, roots, at);
            var byOwner = FromOwner(bundle, at);
            var both = byManufacturer.SelectMany(
                one => byOwner.Where(other => HaveSameKey(one.Partition, other.Partition)), (one, other) => KeyOf(one.Partition, one.Root, other.Root)).ToList();
            return both.Count > 0 ? both : throw new AttestationException("its bundle has no valid certificate of the HSM's owner for the partition that the manufacturer certified.");
        }
        finally
        {
            foreach (var certificate in bundle)
            {
                certificate.Dispose();
            }
        }
    }

    private static X509Certificate2Collection Load(string pem)
    {
        var bundle = new X509Certificate2Collection();
        try
        {
            bundle.ImportFromPem(pem.Length <= MaxLength ? pem : throw new AttestationException("its bundle of certificates is too long."));
        }
        catch (CryptographicException exception)
        {
            throw new AttestationException("its bundle holds a certificate that cannot be read.", exception);
        }

        return bundle.Count <= MaxCertificates ? bundle : throw new AttestationException("its bundle holds too many certificates.");
    }

    private static List<(X509Certificate2 Partition, X509Certificate2 Root)> FromManufacturer(
        X509Certificate2Collection bundle, IReadOnlyList<X509Certificate2> roots, DateTimeOffset at)
    {
        var found = new List<(X509Certificate2, X509Certificate2)>();
        var faults = X509ChainStatusFlags.NoError;
        var paths = from partition in bundle
                    from adapter in bundle
                    where IsNamedIssuer(partition, adapter)
                    from root in roots
                    where IsNamedIssuer(adapter, root)
                    select (Partition: partition, Adapter: adapter, Root: root);
        foreach (var path in paths)
        {
            var status = Check([path.Partition, path.Adapter, path.Root], at);
            faults |= status;
            if (status == X509ChainStatusFlags.NoError)
            {
                found.Add((path.Partition, path.Root));
            }
        }

        return found.Count > 0 ? found : throw new AttestationException(
            $"no certificate of a partition chains to a pinned root of the manufacturer, valid at {at.UtcDateTime:u}{(faults == 0 ? "" : $" ({faults})")}.");
    }

    private static List<(X509Certificate2 Partition, X509Certificate2 Root)> FromOwner(X509Certificate2Collection bundle, DateTimeOffset at) =>
        (from root in bundle
         where AttestationRoots.IsSelfIssued(root)
         from partition in bundle
         where IsNamedIssuer(partition, root) && Check([partition, root], at) == X509ChainStatusFlags.NoError
         select (partition, root)).ToList();

    private static bool IsNamedIssuer(X509Certificate2 certificate, X509Certificate2 issuer) =>
        !AttestationRoots.IsSelfIssued(certificate) && certificate.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData);

    /// <summary>Validates exactly this path, leaf first, root last (RFC 5280, 6.1), without looking anything up elsewhere. The adapters' revocation is not published.</summary>
    private static X509ChainStatusFlags Check(X509Certificate2[] path, DateTimeOffset at)
    {
        if (!path[1..].All(AttestationRoots.IsAuthority))
        {
            return X509ChainStatusFlags.InvalidBasicConstraints;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(path[^1]);
        chain.ChainPolicy.ExtraStore.AddRange(path[1..^1]);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = at.UtcDateTime;
        if (!chain.Build(path[0]))
        {
            return chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        }

        return chain.ChainElements.Select(element => element.Certificate.Thumbprint).SequenceEqual(path.Select(certificate => certificate.Thumbprint))
            ? X509ChainStatusFlags.NoError
            : X509ChainStatusFlags.PartialChain;
    }

    private static bool HaveSameKey(X509Certificate2 one, X509Certificate2 other) =>
        one.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(other.PublicKey.ExportSubjectPublicKeyInfo());

    private static PartitionKey KeyOf(X509Certificate2 partition, X509Certificate2 root, X509Certificate2 owner)
    {
        using var rsa = partition.GetRSAPublicKey() ?? throw new AttestationException("the partition's key is not an RSA key.");
        return new PartitionKey(rsa.ExportParameters(false), AttestationRoots.FingerprintOf(root), AttestationRoots.FingerprintOf(owner));
    }
}
