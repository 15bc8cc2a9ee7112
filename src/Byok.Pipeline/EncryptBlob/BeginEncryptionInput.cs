namespace Byok.Pipeline.EncryptBlob;

/// <summary>Which upload to plan.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Upload">The upload.</param>
public sealed record BeginEncryptionInput(string OperationId, string BlobId, EncryptBlobInput Upload);
