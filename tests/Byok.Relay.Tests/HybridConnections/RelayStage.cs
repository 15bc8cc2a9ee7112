using System.Net;
using Byok.Http;
using Byok.Local.Relay;
using Byok.Relay.HybridConnections;

namespace Byok.Relay.Tests.HybridConnections;

/// <summary>A dev relay with one hybrid connection, and listeners and senders on it.</summary>
internal sealed class RelayStage : IAsyncDisposable
{
    public const string Path = "agents/hsm-1";
    public const string ListenKey = "listen-key-5fK1";
    public const string SendKey = "send-key-9qW2";

    private readonly List<IAsyncDisposable> _listeners = [];
    private readonly List<RelayHttpSender> _senders = [];

    private RelayStage(DevRelayServer relay) => Relay = relay;

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public DevRelayServer Relay { get; private set; }

    public RelayEndpoint Endpoint => new(Relay.Address, Path);

    public static DevRelayOptions Options { get; } = new()
    {
        HybridConnections = [Path, "agents/other"],
        AccessKeys = [new("listen", ListenKey, RelayRights.Listen), new("send", SendKey, RelayRights.Send)],
    };

    public static async Task<RelayStage> OpenAsync(DevRelayOptions? options = null) =>
        new(await DevRelayServer.StartAsync(options ?? Options, TimeProvider.System, CancellationToken.None));

    public static SasTokenProvider ListenTokens(TimeSpan? lifetime = null) => new("listen", ListenKey, TimeProvider.System, lifetime);

    public static SasTokenProvider SendTokens() => new("send", SendKey, TimeProvider.System);

    public static RelayListenerOptions Quick { get; } = new()
    {
        InitialReconnectDelay = TimeSpan.FromMilliseconds(50),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(400),
        DrainTimeout = TimeSpan.FromSeconds(20),
    };

    public async Task<HybridConnectionListener> ListenAsync(
        Func<BufferedRequest, CancellationToken, Task<BufferedResponse>> handler, RelayListenerOptions? options = null, IRelayTokenProvider? tokens = null)
    {
        var listener = new HybridConnectionListener(Endpoint, tokens ?? ListenTokens(), handler, TimeProvider.System, options ?? Quick);
        _listeners.Add(listener);
        await listener.StartAsync(CancellationToken.None).WaitAsync(Patience);
        return listener;
    }

    public RelayHttpSender Sender(IRelayTokenProvider? tokens = null, RelayEndpoint? endpoint = null, HttpMessageHandler? transport = null)
    {
        var sender = new RelayHttpSender(endpoint ?? Endpoint, tokens ?? SendTokens(), transport);
        _senders.Add(sender);
        return sender;
    }

    /// <summary>Stops the relay and starts a new one on the same port.</summary>
    public async Task RestartRelayAsync(TimeSpan pause)
    {
        var port = Relay.Address.Port;
        await Relay.DisposeAsync();
        await Task.Delay(pause);
        Relay = await DevRelayServer.StartAsync(Options with { Port = port }, TimeProvider.System, CancellationToken.None);
    }

    public static Task<BufferedResponse> Echo(BufferedRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new BufferedResponse(HttpStatusCode.OK, new Dictionary<string, string> { ["X-Target"] = request.Target }, request.Body));

    public static BufferedRequest Post(ReadOnlyMemory<byte> body, string target = "/") => new("POST", target, BufferedRequest.NoHeaders, body);

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(20, deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        _senders.ForEach(sender => sender.Dispose());
        await Relay.DisposeAsync();
    }
}
