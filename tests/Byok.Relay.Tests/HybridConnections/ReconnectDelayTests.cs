using Byok.Core.Errors;
using Byok.Relay.HybridConnections;
using CsCheck;

namespace Byok.Relay.Tests.HybridConnections;

public sealed class ReconnectDelayTests
{
    [Fact]
    public void ReconnectDelay_AnyFailures_BetweenHalfAndWholeOfTheDoubledDelay() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.Int[1, 5000], Gen.Int[0, 100_000]).Sample((failures, initial, extra) =>
        {
            var longest = TimeSpan.FromMilliseconds(initial + extra);
            var context = Context(new RelayListenerOptions { InitialReconnectDelay = TimeSpan.FromMilliseconds(initial), MaxReconnectDelay = longest });
            var doubled = TimeSpan.FromMilliseconds(Math.Min(initial * Math.Pow(2, Math.Min(failures - 1, 17)), longest.TotalMilliseconds));

            var delay = context.ReconnectDelay(failures);

            Assert.InRange(delay, doubled * 0.4999, doubled);
        });

    [Fact]
    public void ReconnectDelay_ManyListeners_DoNotComeBackTogether()
    {
        var context = Context(new RelayListenerOptions());

        Assert.True(Enumerable.Range(0, 100).Select(_ => context.ReconnectDelay(3)).Distinct().Count() > 20);
    }

    [Fact]
    public void Options_ThatCannotWork_ConfigurationFailure()
    {
        RelayListenerOptions[] broken =
        [
            new() { MaxConcurrentRequests = 0 },
            new() { MaxWaitingRequests = -1 },
            new() { MaxRequestBodyInBytes = -1 },
            new() { ConnectTimeout = TimeSpan.Zero },
            new() { KeepAliveInterval = TimeSpan.Zero },
            new() { InitialReconnectDelay = TimeSpan.Zero },
            new() { MaxReconnectDelay = TimeSpan.FromMilliseconds(1) },
            new() { DrainTimeout = TimeSpan.FromSeconds(-1) },
            new() { RendezvousIdleTimeout = TimeSpan.Zero },
        ];
        var endpoint = new RelayEndpoint(new Uri("https://contoso.servicebus.windows.net"), "hyco");
        using var tokens = new SasTokenProvider("name", "key", TimeProvider.System);

        Assert.All(broken, options => Assert.Throws<ConfigurationException>(
            () => new HybridConnectionListener(endpoint, tokens, RelayStage.Echo, TimeProvider.System, options)));
    }

    private static RelayListenerContext Context(RelayListenerOptions options) =>
        new("id", null!, options, null!, null!, null!, TimeProvider.System, null!, CancellationToken.None);
}
