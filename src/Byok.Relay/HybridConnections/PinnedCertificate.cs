using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Http;

namespace Byok.Relay.HybridConnections;

/// <summary>Trusts one server certificate and no other, for a dev relay whose certificate nobody signed.</summary>
public static class PinnedCertificate
{
    /// <summary>A transport that connects only to the holder of this certificate.</summary>
    /// <param name="certificate">The certificate, without its private key.</param>
    public static SocketsHttpHandler CreateTransport(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var expected = certificate.RawData;
        var transport = HttpTransport.Create();
        transport.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented is not null && CryptographicOperations.FixedTimeEquals(presented.GetRawCertData(), expected);
        return transport;
    }
}
