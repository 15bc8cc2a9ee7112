namespace Byok.Api;

/// <summary>Body of a request to encrypt one blob anew, with a new DEK and new BEKs, under its key's present version.</summary>
public sealed record ReencryptBlobBody(string BlobName);
