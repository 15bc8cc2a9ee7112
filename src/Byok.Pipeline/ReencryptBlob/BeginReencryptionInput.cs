namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Which blob to plan.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="BlobId">The envelope's new blob id, base64url.</param>
/// <param name="Blob">What was asked for.</param>
public sealed record BeginReencryptionInput(string OperationId, string BlobId, ReencryptBlobInput Blob);
