using Byok.Core.Errors;
using Byok.Relay.HybridConnections;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class RelayEndpointTests
{
    [Theory]
    [InlineData("https://contoso.servicebus.windows.net/", "https://contoso.servicebus.windows.net/")]
    [InlineData("sb://contoso.servicebus.windows.net", "https://contoso.servicebus.windows.net/")]
    [InlineData("wss://contoso.servicebus.windows.net:443/x", "https://contoso.servicebus.windows.net/")]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("https://localhost:8443", "https://localhost:8443/")]
    public void New_AddressOfARelay_IsHttpWithoutPath(string given, string expected) =>
        Assert.Equal(expected, new RelayEndpoint(new Uri(given), "/hyco/").NamespaceAddress.AbsoluteUri);

    [Theory]
    [InlineData("http://contoso.servicebus.windows.net", "hyco")]
    [InlineData("ftp://contoso.servicebus.windows.net", "hyco")]
    [InlineData("https://contoso.servicebus.windows.net", "")]
    [InlineData("https://contoso.servicebus.windows.net", "a//b")]
    [InlineData("https://contoso.servicebus.windows.net", "a/../b")]
    [InlineData("https://contoso.servicebus.windows.net", "a?b")]
    [InlineData("https://contoso.servicebus.windows.net", "$hc/a")]
    public void New_NotARelay_ConfigurationFailure(string address, string path) =>
        Assert.Throws<ConfigurationException>(() => new RelayEndpoint(new Uri(address), path));

    [Theory]
    [InlineData("wss://contoso.servicebus.windows.net/$hc/hyco?sb-hc-action=request", true)]
    [InlineData("wss://g63-prod-xxx-001-sb.servicebus.windows.net:443/$hc/hyco?sb-hc-action=request", true)]
    [InlineData("ws://contoso.servicebus.windows.net:443/$hc/hyco", false)]
    [InlineData("wss://contoso.servicebus.windows.net:8443/$hc/hyco", false)]
    [InlineData("wss://contoso.servicebus.windows.net/hyco", false)]
    [InlineData("wss://hsm.factory.local/$hc/hyco", false)]
    [InlineData("wss://evilservicebus.windows.net/$hc/hyco", false)]
    [InlineData("wss://10.0.0.1/$hc/hyco", false)]
    public void IsRendezvous_OnlyThisRelay(string address, bool expected) =>
        Assert.Equal(expected, new RelayEndpoint(new Uri("https://contoso.servicebus.windows.net"), "hyco").IsRendezvous(new Uri(address)));

    [Theory]
    [InlineData("", "https://contoso.servicebus.windows.net/a/b")]
    [InlineData("/", "https://contoso.servicebus.windows.net/a/b")]
    [InlineData("/c?d=e", "https://contoso.servicebus.windows.net/a/b/c?d=e")]
    [InlineData("?d=e", "https://contoso.servicebus.windows.net/a/b?d=e")]
    [InlineData("/c/../d", "https://contoso.servicebus.windows.net/a/b/d")]
    public void RequestAddress_BelowThePath(string target, string expected) =>
        Assert.Equal(expected, new RelayEndpoint(new Uri("https://contoso.servicebus.windows.net"), "a/b").RequestAddress(target).AbsoluteUri);

    [Theory]
    [InlineData("c")]
    [InlineData("@evil.example")]
    [InlineData("/../c")]
    [InlineData("/%2e%2e/c")]
    [InlineData("/../../../c")]
    public void RequestAddress_LeadsElsewhere_Misuse(string target) =>
        Assert.Throws<ArgumentException>(() => new RelayEndpoint(new Uri("https://contoso.servicebus.windows.net"), "a/b").RequestAddress(target));

    [Theory]
    [InlineData("ws://127.0.0.1:8080/$hc/hyco", true)]
    [InlineData("ws://127.0.0.1:8081/$hc/hyco", false)]
    [InlineData("ws://10.0.0.1:8080/$hc/hyco", false)]
    public void IsRendezvous_DevRelay_OnlyItsOwnPort(string address, bool expected) =>
        Assert.Equal(expected, new RelayEndpoint(new Uri("http://127.0.0.1:8080"), "hyco").IsRendezvous(new Uri(address)));
}
