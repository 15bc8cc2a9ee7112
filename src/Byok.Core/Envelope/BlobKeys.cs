using System.Security.Cryptography;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// What one blob's DEK yields by HKDF-SHA256 with the blob id as salt: table key, header MAC key, commitment (docs/FORMAT.md, section 4).
/// Pinned, and zeroed on disposal. Thread-safe until disposed.
/// </summary>
public sealed class BlobKeys : IDisposable
{
    private readonly PinnedKey _tableKey = new();
    private readonly PinnedKey _macKey = new();
    private readonly byte[] _commitment = new byte[KeySizeInBytes];

    internal BlobKeys(DataEncryptionKey dek, BlobId blobId)
    {
        BlobId = blobId;
        Span<byte> salt = stackalloc byte[BlobId.SizeInBytes];
        blobId.CopyTo(salt);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _tableKey.Writable, salt, "byok/v1/table"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _macKey.Writable, salt, "byok/v1/header-mac"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _commitment, salt, "byok/v1/commitment"u8);
    }

    /// <summary>The blob these keys are for.</summary>
    public BlobId BlobId { get; }

    /// <summary>Names the DEK without revealing it; public, 32 bytes.</summary>
    internal ReadOnlySpan<byte> Commitment => _commitment;

    internal ReadOnlySpan<byte> TableKey => _tableKey.Bytes;

    internal ReadOnlySpan<byte> MacKey => _macKey.Bytes;

    public void Dispose()
    {
        _tableKey.Dispose();
        _macKey.Dispose();
    }
}
