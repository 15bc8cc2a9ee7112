namespace Byok.Pipeline.Writing;

/// <summary>Which protected blob is written.</summary>
/// <param name="OperationId">The operation that writes it.</param>
/// <param name="BlobName">The blob's name.</param>
/// <param name="ETag">The ETag of the protected blob that is replaced; null when there must be none.</param>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Generation">The envelope's generation.</param>
internal sealed record WriteTarget(string OperationId, string BlobName, string? ETag, string BlobId, long Generation);
