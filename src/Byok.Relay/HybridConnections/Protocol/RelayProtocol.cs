using System.Collections.Frozen;

namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>Names and limits of the protocol, from Microsoft's "Azure Relay Hybrid Connections protocol".</summary>
internal static class RelayProtocol
{
    /// <summary>What precedes the path of a hybrid connection in the address of a WebSocket.</summary>
    public const string WebSocketPathPrefix = "/$hc/";

    /// <summary>Query parameters with this prefix are for the relay and never reach the other side.</summary>
    public const string ParameterPrefix = "sb-hc-";

    public const string ActionParameter = "sb-hc-action";
    public const string IdParameter = "sb-hc-id";
    public const string TokenParameter = "sb-hc-token";
    public const string StatusCodeParameter = "sb-hc-statusCode";
    public const string StatusDescriptionParameter = "sb-hc-statusDescription";

    public const string ListenAction = "listen";
    public const string ConnectAction = "connect";
    public const string AcceptAction = "accept";
    public const string RequestAction = "request";

    /// <summary>The header that carries a token, of listeners and of senders.</summary>
    public const string AuthorizationHeader = "ServiceBusAuthorization";

    /// <summary>The largest body that may cross the control channel, in bytes.</summary>
    public const int MaxControlChannelBodyInBytes = 64 * 1024;

    /// <summary>
    /// The largest JSON message we believe, in bytes: the relay allows 32 KiB of headers, and JSON may write a character in six.
    /// </summary>
    public const int MaxMessageInBytes = 256 * 1024;

    /// <summary>The headers of RFC 7230 that concern one hop only; neither requests nor responses carry them across the relay.</summary>
    public static readonly FrozenSet<string> HopHeaders = new[]
    {
        "Connection", "Content-Length", "Host", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Close", "Proxy-Connection",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
