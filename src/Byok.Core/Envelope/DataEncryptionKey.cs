using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Envelope;

/// <summary>A blob's data encryption key (DEK). Its memory is pinned, and zeroed on disposal.</summary>
public sealed class DataEncryptionKey : IDisposable
{
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(EnvelopeFormat.KeySizeInBytes, pinned: true);
    private bool _disposed;

    private DataEncryptionKey()
    {
    }

    /// <summary>The 32 bytes, for the wrapping and derivation within this folder.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _key;
        }
    }

    /// <summary>Draws a new key.</summary>
    public static DataEncryptionKey Generate() => Generate(RandomSources.System);

    /// <summary>Takes a key from the bytes that the vault unwrapped. The caller zeroes those.</summary>
    /// <exception cref="IntegrityException">They are not 32 bytes, so what was wrapped is no DEK.</exception>
    public static DataEncryptionKey FromBytes(ReadOnlySpan<byte> unwrapped)
    {
        if (unwrapped.Length != EnvelopeFormat.KeySizeInBytes)
        {
            throw new IntegrityException($"The wrapped DEK holds {unwrapped.Length} bytes instead of {EnvelopeFormat.KeySizeInBytes}: it was altered.");
        }

        var dek = new DataEncryptionKey();
        unwrapped.CopyTo(dek._key);
        return dek;
    }

    /// <summary>Wraps this key with RSA-OAEP-256. For more than one key, keep a <see cref="DekWrapper"/>.</summary>
    /// <exception cref="ArgumentException">The wrapping key is not of 2048, 3072 or 4096 bits.</exception>
    public byte[] WrapWith(RsaPublicKey wrappingKey)
    {
        using var wrapper = new DekWrapper(wrappingKey);
        return wrapper.Wrap(this);
    }

    /// <summary>A second instance of the same key, disposed of by itself.</summary>
    public DataEncryptionKey Copy() => FromBytes(Bytes);

    /// <summary>Derives the keys of one blob.</summary>
    public BlobKeys DeriveFor(BlobId blobId) => new(this, blobId);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _disposed = true;
    }

    internal static DataEncryptionKey Generate(RandomSource random)
    {
        var dek = new DataEncryptionKey();
        random(dek._key);
        return dek;
    }
}
