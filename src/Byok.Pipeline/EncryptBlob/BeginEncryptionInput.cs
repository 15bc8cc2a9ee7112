namespace Byok.Pipeline.EncryptBlob;

/// <summary>Which upload to plan.</summary>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
public sealed record BeginEncryptionInput(string OperationId, string BlobId, EncryptBlobInput Upload);
