using Byok.Core.Keys;

namespace Byok.Pipeline.ReencryptBlob;

public sealed record ReencryptBlobInput
{
    public required string BlobName { get; init; }

    /// <summary>
    /// The version to encrypt it under; a blob that is under it already is left alone. Null for the version of its key that is current,
    /// and then it is encrypted anew in any case.
    /// </summary>
    public KeyIdentifier? KeyId { get; init; }

    /// <summary>The operation that it is part of, under which the ledger records it; null when it is one of its own.</summary>
    public string? OperationId { get; init; }
}

/// <summary>A blob that was encrypted anew.</summary>
/// <param name="BlobId">Its envelope's new blob id, base64url.</param>
/// <param name="Generation">Its new generation.</param>
/// <param name="PlaintextLength">Length of the plaintext in bytes.</param>
/// <param name="ETag">The protected blob's ETag.</param>
public sealed record ReencryptBlobResult(string BlobId, KeyIdentifier KeyId, long Generation, long PlaintextLength, string ETag);
