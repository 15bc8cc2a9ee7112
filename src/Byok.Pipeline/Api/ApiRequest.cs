namespace Byok.Pipeline.Api;

/// <summary>A request as any web host can give it.</summary>
/// <param name="Caller">Who calls.</param>
/// <param name="ContentType">The Content-Type header; null when there is none.</param>
/// <param name="Accept">The Accept header; null when there is none.</param>
/// <param name="Body">The body, unread.</param>
public sealed record ApiRequest(ApiCaller Caller, string? ContentType, string? Accept, Stream Body);
