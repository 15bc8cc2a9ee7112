using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections;

namespace Byok.Local.Tests.Relay;

public sealed class DevRelayTlsTests : IAsyncLifetime
{
    private readonly DevRelayFixture _fixture = new();

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Tls_PinnedCertificate_ListenerAndSenderMeet()
    {
        var endpoint = new RelayEndpoint(_fixture.Relay.TlsAddress!, DevRelayFixture.HybridPath);
        var certificate = _fixture.Relay.Certificate!;
        var body = RandomNumberGenerator.GetBytes(200_000);
        await using var listener = new HybridConnectionListener(
            endpoint, DevRelayFixture.Tokens(DevRelayFixture.Listen),
            (request, _) => Task.FromResult(new BufferedResponse(HttpStatusCode.OK, BufferedRequest.NoHeaders, request.Body)), TimeProvider.System,
            new RelayListenerOptions { CreateTransport = () => PinnedCertificate.CreateTransport(certificate) });
        await listener.StartAsync(CancellationToken.None);
        using var sender = new RelayHttpSender(endpoint, DevRelayFixture.Tokens(DevRelayFixture.Send), PinnedCertificate.CreateTransport(certificate));

        var response = await sender.SendAsync(new BufferedRequest("POST", "/", BufferedRequest.NoHeaders, body), CancellationToken.None);

        Assert.True(response.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task Tls_AnotherCertificatePinned_SenderSendsNothing()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = new CertificateRequest("CN=Byok dev relay", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(100));
        using var sender = new RelayHttpSender(
            new RelayEndpoint(_fixture.Relay.TlsAddress!, DevRelayFixture.HybridPath),
            DevRelayFixture.Tokens(DevRelayFixture.Send),
            PinnedCertificate.CreateTransport(other));

        await Assert.ThrowsAsync<ServiceUnavailableException>(
            () => sender.SendAsync(new BufferedRequest("GET", "/", BufferedRequest.NoHeaders, default), CancellationToken.None));
    }

    [Fact]
    public async Task Tls_CertificateOfNobody_IsNotTrustedByDefault()
    {
        using var sender = new RelayHttpSender(
            new RelayEndpoint(_fixture.Relay.TlsAddress!, DevRelayFixture.HybridPath), DevRelayFixture.Tokens(DevRelayFixture.Send));

        await Assert.ThrowsAsync<ServiceUnavailableException>(
            () => sender.SendAsync(new BufferedRequest("GET", "/", BufferedRequest.NoHeaders, default), CancellationToken.None));
    }
}
