using Byok.Core.Orchestration;

namespace Byok.Pipeline.EncryptBlob;

public sealed record EncryptBlobInput
{
    /// <summary>The blob's name, in the uploads container and, when done, in the protected one.</summary>
    public required string BlobName { get; init; }

    /// <summary>The upload's ETag as the trigger saw it. An upload with another ETag is another operation.</summary>
    public required string ETag { get; init; }

    /// <summary>Whether a protected blob of that name may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>
    /// The instance id for this input: the same upload gives the same id, so that a repeated trigger does nothing twice.
    /// </summary>
    public static string InstanceIdFor(string blobName, string etag) => OperationId.Once($"{blobName}\n{etag.Trim('"')}", OperationVerb.Encrypt).ToString();
}
