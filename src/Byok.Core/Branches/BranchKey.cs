using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using static Byok.Core.Envelope.EnvelopeFormat;

namespace Byok.Core.Branches;

/// <summary>
/// A branch's key: seals and opens the DEKs of all blobs of the branch (docs/FORMAT.md, section 4). Its memory is pinned, and zeroed on disposal.
/// Thread-safe until disposed.
/// </summary>
public sealed class BranchKey : IDisposable
{
    private readonly PinnedKey _key = new();

    private BranchKey(RandomSource bytes)
    {
        bytes(_key.Writable);
        Span<byte> commitment = stackalloc byte[BranchName.SizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.Bytes, commitment, [], "byok/v1/branch"u8);
        Name = new BranchName(commitment);
    }

    /// <summary>The branch.</summary>
    public BranchName Name { get; }

    /// <summary>The 32 bytes, for tests.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    internal ReadOnlySpan<byte> Bytes => _key.Bytes;

    /// <summary>Draws a new key, and with it a new branch.</summary>
    public static BranchKey Generate() => Generate(RandomSources.System);

    /// <summary>Takes a key from what was unwrapped, if it is the branch's. The caller zeroes those bytes.</summary>
    /// <exception cref="IntegrityException">It is not: what was wrapped is no branch key, or another branch's.</exception>
    public static BranchKey FromUnwrapped(ReadOnlyMemory<byte> unwrapped, BranchName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (unwrapped.Length != KeySizeInBytes)
        {
            throw new IntegrityException($"What unwraps as the key of branch {name} has {unwrapped.Length} bytes instead of {KeySizeInBytes}.");
        }

        var key = new BranchKey(destination => unwrapped.Span.CopyTo(destination));
        if (key.HasName(name))
        {
            return key;
        }

        key.Dispose();
        throw new IntegrityException($"What unwraps as the key of branch {name} is another key.");
    }

    /// <summary>Wraps the key with a wrapping key's public part, here and without the vault: RSA-OAEP with SHA-256. Different on each call.</summary>
    /// <param name="keyId">The wrapping key version.</param>
    /// <param name="wrappingKey">Its public part.</param>
    /// <exception cref="ArgumentException">The wrapping key is not of 2048, 3072 or 4096 bits.</exception>
    public BranchWrapping WrapWith(KeyIdentifier keyId, RsaPublicKey wrappingKey)
    {
        ArgumentNullException.ThrowIfNull(wrappingKey);
        if (wrappingKey.SizeInBits is not (2048 or 3072 or 4096))
        {
            throw new ArgumentException($"A wrapping key has 2048, 3072 or 4096 bits, not {wrappingKey.SizeInBits}.", nameof(wrappingKey));
        }

        using var rsa = RSA.Create();
        rsa.ImportParameters(wrappingKey.ToParameters());
        return new BranchWrapping(keyId, wrappingKey.Thumbprint, rsa.Encrypt(_key.Bytes, RSAEncryptionPadding.OaepSHA256));
    }

    /// <summary>Seals a blob's DEK under a random nonce.</summary>
    /// <returns>Nonce, ciphertext and tag, 60 bytes.</returns>
    public byte[] SealDek(DataEncryptionKey dek, BlobId blobId) => SealDek(dek, blobId, RandomSources.System);

    /// <summary>Opens a blob's DEK. The caller disposes of it.</summary>
    /// <param name="sealedDek">Nonce, ciphertext and tag, 60 bytes.</param>
    /// <param name="blobId">The blob.</param>
    /// <exception cref="IntegrityException">The tag does not verify: this is not what this branch sealed for that blob.</exception>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public DataEncryptionKey OpenDek(ReadOnlySpan<byte> sealedDek, BlobId blobId)
    {
        if (sealedDek.Length != SealedDekSizeInBytes)
        {
            throw new ArgumentException($"A sealed DEK has {SealedDekSizeInBytes} bytes, not {sealedDek.Length}.", nameof(sealedDek));
        }

        Span<byte> associatedData = stackalloc byte[AssociatedData.DekLength];
        AssociatedData.WriteDek(associatedData, blobId, Name);
        using var sealKey = DeriveSealKey(blobId);
        using var aes = new AesGcm(sealKey.Bytes, TagSizeInBytes);
        var dek = new DataEncryptionKey();
        try
        {
            aes.Decrypt(sealedDek[..NonceSizeInBytes], sealedDek[NonceSizeInBytes..^TagSizeInBytes], sealedDek[^TagSizeInBytes..], dek.Writable, associatedData);
            return dek;
        }
        catch (AuthenticationTagMismatchException exception)
        {
            dek.Dispose();
            throw new IntegrityException($"The sealed DEK of blob {blobId} was altered, or belongs to another blob or branch.", exception);
        }
    }

    /// <summary>A second instance of the same key, disposed of by itself.</summary>
    public BranchKey Copy()
    {
        var source = _key;
        return new BranchKey(destination => source.Bytes.CopyTo(destination));
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal static BranchKey Generate(RandomSource random) => new(random);

    internal byte[] SealDek(DataEncryptionKey dek, BlobId blobId, RandomSource random)
    {
        ArgumentNullException.ThrowIfNull(dek);
        Span<byte> associatedData = stackalloc byte[AssociatedData.DekLength];
        AssociatedData.WriteDek(associatedData, blobId, Name);
        var sealedDek = new byte[SealedDekSizeInBytes];
        var nonce = sealedDek.AsSpan(0, NonceSizeInBytes);
        random(nonce);
        using var sealKey = DeriveSealKey(blobId);
        using var aes = new AesGcm(sealKey.Bytes, TagSizeInBytes);
        aes.Encrypt(nonce, dek.Bytes, sealedDek.AsSpan(NonceSizeInBytes, KeySizeInBytes), sealedDek.AsSpan(^TagSizeInBytes..), associatedData);
        return sealedDek;
    }

    private PinnedKey DeriveSealKey(BlobId blobId)
    {
        var sealKey = new PinnedKey();
        Span<byte> salt = stackalloc byte[BlobId.SizeInBytes];
        blobId.CopyTo(salt);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.Bytes, sealKey.Writable, salt, "byok/v1/dek"u8);
        return sealKey;
    }

    private bool HasName(BranchName name)
    {
        Span<byte> own = stackalloc byte[BranchName.SizeInBytes];
        Span<byte> other = stackalloc byte[BranchName.SizeInBytes];
        Name.CopyTo(own);
        name.CopyTo(other);
        return CryptographicOperations.FixedTimeEquals(own, other);
    }
}
