using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.ReencryptBlob;

public sealed record ReencryptBlobInput
{
    public required string BlobName { get; init; }

    /// <summary>The move that it is part of: a blob that is not in its scope any more is left alone. Null to encrypt it anew in any case.</summary>
    public MoveScope? Scope { get; init; }

    /// <summary>The operation that it is part of, under which the ledger records it; null when it is one of its own.</summary>
    public string? OperationId { get; init; }
}

/// <summary>A blob that was encrypted anew.</summary>
/// <param name="BlobId">Its envelope's new blob id, base64url.</param>
/// <param name="Branch">The branch that it is under.</param>
/// <param name="PlaintextLength">Length of the plaintext in bytes.</param>
/// <param name="ETag">The protected blob's ETag.</param>
public sealed record ReencryptBlobResult(string BlobId, KeyIdentifier KeyId, BranchName Branch, long PlaintextLength, string ETag);
