namespace Byok.Storage;

/// <summary>How a protected blob is to be, beside its content.</summary>
/// <param name="ReplacedETag">The version that it replaces; null when nothing may be there.</param>
/// <param name="Metadata">All its metadata.</param>
/// <param name="Content">Its content headers and tier.</param>
/// <param name="Tags">Its tags; null for none.</param>
public sealed record ProtectedWrite(
    string Name, string? ReplacedETag, IDictionary<string, string> Metadata, ContentProperties Content, IDictionary<string, string>? Tags);
