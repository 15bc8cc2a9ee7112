using Byok.Client.Records;

namespace Byok.Client.Writing;

/// <summary>Which protected blob is written.</summary>
/// <param name="OperationId">The operation that writes it.</param>
/// <param name="BlobName">The blob's name.</param>
/// <param name="ETag">The ETag of the protected blob that is replaced; null when there must be none.</param>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="ReplacedWrittenOn">When the envelope that is replaced was written, if it verified; null when there is none.</param>
/// <param name="Change">What makes it.</param>
/// <param name="Replaces">MAC of the header that is replaced, base64url; null when there is none.</param>
internal sealed record WriteTarget(string OperationId, string BlobName, string? ETag, string BlobId, DateTimeOffset? ReplacedWrittenOn, BlobChange Change, string? Replaces);
