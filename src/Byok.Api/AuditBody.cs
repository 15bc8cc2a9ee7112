namespace Byok.Api;

/// <summary>Body of a request for an audit; an empty object takes the default.</summary>
/// <param name="ScrubPercent">Share of the blobs that are read and verified whole, 0 to 100 percent.</param>
public sealed record AuditBody(int? ScrubPercent = null);
