namespace Byok.Pipeline;

/// <summary>Kinds of the ledger's entries about blobs (<see cref="Byok.Core.Ports.LedgerEvent.Kind"/>).</summary>
internal static class BlobEvents
{
    /// <summary>An upload was encrypted.</summary>
    public const string Encrypted = "blob.encrypted";

    /// <summary>A protected blob was encrypted anew. Names in <c>replaced</c> the blob id of the encryption that it replaced, where that is known.</summary>
    public const string Reencrypted = "blob.reencrypted";

    /// <summary>A blob's DEK was wrapped by another version.</summary>
    public const string Rewrapped = "blob.rewrapped";
}
