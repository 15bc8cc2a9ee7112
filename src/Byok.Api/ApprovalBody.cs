namespace Byok.Api;

/// <summary>Body of an approval.</summary>
/// <param name="Approval">Compact JWS (RFC 7515) over the canonical export request.</param>
public sealed record ApprovalBody(string Approval);
