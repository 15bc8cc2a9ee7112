namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Which blob to plan.</summary>
/// <param name="BlobId">The envelope's new blob id, base64url.</param>
public sealed record BeginReencryptionInput(string OperationId, string BlobId, ReencryptBlobInput Blob);
