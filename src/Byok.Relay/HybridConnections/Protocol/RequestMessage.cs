namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>
/// An HTTP request. Over the control channel everything but the address may be missing: the request itself is then to be fetched
/// from the rendezvous address.
/// </summary>
/// <param name="Address">Rendezvous address, for large requests and large responses.</param>
/// <param name="Id">Id that the response repeats.</param>
/// <param name="RequestTarget">Path and query, beginning with the hybrid connection's own path.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="RequestHeaders">Headers, without those that concern one hop.</param>
/// <param name="Body">Whether a binary message with the body follows.</param>
internal sealed record RequestMessage(
    string? Address, string? Id, string? RequestTarget, string? Method, Dictionary<string, string>? RequestHeaders, bool? Body);
