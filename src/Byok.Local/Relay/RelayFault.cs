namespace Byok.Local.Relay;

/// <summary>An error that the relay itself reports to a listener or a sender.</summary>
/// <param name="statusCode">HTTP status.</param>
/// <param name="text">What the service says in such a case, as far as it is known.</param>
internal sealed class RelayFault(int statusCode, string text) : Exception(text)
{
    /// <summary>HTTP status.</summary>
    public int StatusCode { get; } = statusCode;

    public static RelayFault NoSuchPath() => new(404, "Endpoint does not exist.");

    public static RelayFault NoListeners() => new(404, "There are no listeners connected for the endpoint.");

    public static RelayFault ListenerLost() => new(502, "The listener closed its connection before it responded to the request.");

    public static RelayFault NoAnswer() =>
        new(504, "The request was routed to the listener but the listener did not respond in the required time.");

    public static RelayFault BadAnswer(string what) => new(502, $"The listener's response is not valid: {what}");
}
