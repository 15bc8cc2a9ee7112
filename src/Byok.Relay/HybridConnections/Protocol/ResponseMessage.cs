namespace Byok.Relay.HybridConnections.Protocol;

/// <summary>The answer to a request.</summary>
/// <param name="StatusCode">HTTP status code. The protocol's own example writes it as a string, so both forms are read.</param>
/// <param name="StatusDescription">Reason phrase.</param>
/// <param name="ResponseHeaders">Headers, without those that concern one hop.</param>
/// <param name="Body">Whether a binary message with the body follows.</param>
internal sealed record ResponseMessage(
    string? RequestId, int StatusCode, string? StatusDescription, Dictionary<string, string>? ResponseHeaders, bool Body);
