using Microsoft.Extensions.Logging;

namespace Byok.Relay.HybridConnections;

/// <summary>What a listener logs: hosts, paths, ids, sizes and status codes; never tokens, bodies or headers.</summary>
internal static partial class ListenerLog
{
    [LoggerMessage(2001, LogLevel.Information, "Relay listener on '{Path}' at '{Host}' is {State}.")]
    public static partial void StateChanged(ILogger logger, string path, string host, RelayListenerState state);

    [LoggerMessage(2002, LogLevel.Warning, "Relay listener on '{Path}' lost its connection: {Reason} Next attempt in {DelayInSeconds:F1} s.")]
    public static partial void ConnectionLost(ILogger logger, string path, string reason, double delayInSeconds);

    [LoggerMessage(2003, LogLevel.Debug, "Relay listener on '{Path}' renewed its token; it expires {ExpiresOn:O}.")]
    public static partial void TokenRenewed(ILogger logger, string path, DateTimeOffset expiresOn);

    [LoggerMessage(2004, LogLevel.Warning, "Relay listener on '{Path}' could not renew its token: {Reason} It is tried again.")]
    public static partial void TokenNotRenewed(ILogger logger, string path, string reason);

    [LoggerMessage(2005, LogLevel.Information, "Relay request {RequestId}: {Method} with {BodyInBytes} bytes, answered {StatusCode} with {AnswerInBytes} bytes.")]
    public static partial void RequestServed(ILogger logger, string requestId, string method, int bodyInBytes, int statusCode, int answerInBytes);

    [LoggerMessage(2006, LogLevel.Error, "Relay request {RequestId}: the handler failed with {ExceptionType}; answered 500.")]
    public static partial void HandlerFailed(ILogger logger, string requestId, string exceptionType);

    [LoggerMessage(2007, LogLevel.Warning, "Relay request {RequestId}: the answer did not reach the relay: {Reason}")]
    public static partial void AnswerLost(ILogger logger, string requestId, string reason);

    [LoggerMessage(2008, LogLevel.Warning, "The relay sent the listener on '{Path}' to '{Host}', which is no address of this relay; ignored.")]
    public static partial void RendezvousRefused(ILogger logger, string path, string host);

    [LoggerMessage(2009, LogLevel.Information, "Relay listener on '{Path}' refused a WebSocket: it serves HTTP requests only.")]
    public static partial void WebSocketRefused(ILogger logger, string path);
}
