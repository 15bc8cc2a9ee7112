using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;

namespace Byok.Local.VaultEndpoint;

/// <summary>The two files by which clients find trust in the endpoint, and the endpoint in them.</summary>
internal static class EndpointFiles
{
    private const int TokenLengthInBytes = 32;

    /// <summary>The token in the file; a new one, written there, when there is no file.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read or written, or holds no token.</exception>
    internal static string ReadOrCreateToken(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                var kept = File.ReadAllText(path).Trim();
                return Base64Url.IsValid(kept, out var length) && length >= TokenLengthInBytes
                    ? kept
                    : throw new ConfigurationException($"'{path}' holds no access token; delete the file, and a new token is made.");
            }

            var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenLengthInBytes));
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var ownerOnly = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                ownerOnly.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(path, ownerOnly);
            writer.Write(token);
            return token;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The vault's access token '{path}' cannot be read or written: {exception.Message}", exception);
        }
    }

    /// <summary>Makes a certificate that signs itself, for localhost and 127.0.0.1, and writes its public part.</summary>
    /// <exception cref="ConfigurationException">The file cannot be written.</exception>
    internal static X509Certificate2 CreateCertificate(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Byok local vault", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // Server authentication.

        // Clients check it by the system's clock, whatever the vault's is.
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, certificate.ExportCertificatePem() + "\n");
            return certificate;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            certificate.Dispose();
            throw new ConfigurationException($"The vault's certificate '{path}' cannot be written: {exception.Message}", exception);
        }
    }
}
