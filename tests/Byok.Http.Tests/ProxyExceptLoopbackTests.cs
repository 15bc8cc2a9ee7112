using System.Net;

namespace Byok.Http.Tests;

public sealed class ProxyExceptLoopbackTests
{
    private static readonly Uri Proxy = new("http://proxy.example:3128");

    [Theory]
    [InlineData("http://127.0.0.1:10000/devstoreaccount1")]
    [InlineData("https://127.1.2.3/")]
    [InlineData("ws://127.0.0.1/$hc/x")]
    [InlineData("http://[::1]:8080/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:127.0.0.2]/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST/")]
    [InlineData("http://localhost./")]
    [InlineData("http://blob.localhost:10000/")]
    [InlineData("http://0x7f.1/")]
    public void GetProxy_OfThisMachine_IsNone(string address)
    {
        var proxy = new ProxyExceptLoopback(() => new WebProxy(Proxy));

        Assert.Null(proxy.GetProxy(new Uri(address)));
        Assert.True(proxy.IsBypassed(new Uri(address)));
    }

    [Theory]
    [InlineData("https://contoso.vault.azure.net/")]
    [InlineData("wss://contoso.servicebus.windows.net/$hc/x")]
    [InlineData("http://128.0.0.1/")]
    [InlineData("http://[::2]/")]
    [InlineData("http://localhost.example/")]
    [InlineData("http://notlocalhost/")]
    public void GetProxy_OfAnotherMachine_IsTheOthers(string address)
    {
        var proxy = new ProxyExceptLoopback(() => new WebProxy(Proxy));

        Assert.Equal(Proxy, proxy.GetProxy(new Uri(address)));
        Assert.False(proxy.IsBypassed(new Uri(address)));
    }

    [Fact]
    public void Create_Always_RenewsConnectionsSoThatNamesMayMove()
    {
        using var transport = HttpTransport.Create();

        Assert.InRange(transport.PooledConnectionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void GetProxy_ExemptByTheSystem_StaysExempt() =>
        Assert.True(new ProxyExceptLoopback(() => new WebProxy(Proxy, BypassOnLocal: false, ["contoso"])).IsBypassed(new Uri("https://contoso/")));
}
