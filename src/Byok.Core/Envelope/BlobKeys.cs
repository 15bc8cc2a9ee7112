using System.Security.Cryptography;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Envelope;

/// <summary>
/// What one blob's DEK yields by HKDF-SHA256 with the blob id as salt: table key, header MAC key, commitment (docs/FORMAT.md, section 4).
/// Pinned, and zeroed on disposal. Thread-safe until disposed.
/// </summary>
public sealed class BlobKeys : IDisposable
{
    private readonly byte[] _tableKey = GC.AllocateUninitializedArray<byte>(KeySizeInBytes, pinned: true);
    private readonly byte[] _macKey = GC.AllocateUninitializedArray<byte>(KeySizeInBytes, pinned: true);
    private readonly byte[] _commitment = new byte[KeySizeInBytes];
    private bool _disposed;

    internal BlobKeys(DataEncryptionKey dek, BlobId blobId)
    {
        BlobId = blobId;
        Span<byte> salt = stackalloc byte[BlobId.SizeInBytes];
        blobId.CopyTo(salt);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _tableKey, salt, "byok/v1/table"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _macKey, salt, "byok/v1/header-mac"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dek.Bytes, _commitment, salt, "byok/v1/commitment"u8);
    }

    /// <summary>The blob these keys are for.</summary>
    public BlobId BlobId { get; }

    /// <summary>Names the DEK without revealing it; public, 32 bytes.</summary>
    internal ReadOnlySpan<byte> Commitment => _commitment;

    internal ReadOnlySpan<byte> TableKey => Live(_tableKey);

    internal ReadOnlySpan<byte> MacKey => Live(_macKey);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_tableKey);
        CryptographicOperations.ZeroMemory(_macKey);
        _disposed = true;
    }

    private byte[] Live(byte[] key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return key;
    }
}
