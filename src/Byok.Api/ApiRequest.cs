namespace Byok.Api;

/// <summary>A request as any web host can give it.</summary>
/// <param name="ContentType">The Content-Type header; null when there is none.</param>
/// <param name="Accept">The Accept header; null when there is none.</param>
/// <param name="Body">The body, unread.</param>
public sealed record ApiRequest(ApiCaller Caller, string? ContentType, string? Accept, Stream Body)
{
    /// <summary>The header by which a caller names the operation that he starts.</summary>
    public const string OperationIdHeader = "Operation-Id";

    /// <summary>The Content-Length header; null when there is none. Hosts cut off what is longer than it says.</summary>
    public long? BodyLength { get; init; }

    /// <summary>
    /// The id that the caller gives the operation, so that a request whose answer was lost can be sent again and starts nothing twice; null to be given one.
    /// </summary>
    public string? OperationId { get; init; }
}
