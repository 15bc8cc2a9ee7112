using System.Security.Cryptography;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>A branch key in the hands of somebody who may write to storage: ours, which leaked, or one of his own.</summary>
/// <param name="Key">Its 32 bytes.</param>
/// <param name="Name">Its name.</param>
/// <param name="Wrapping">It, wrapped by a version of ours: all that this needs is the public key.</param>
internal sealed record HeldBranch(byte[] Key, BranchName Name, BranchWrapping Wrapping)
{
    /// <summary>The current branch of ours.</summary>
    public static async Task<HeldBranch> OfAsync(LifeStack stack)
    {
        using var current = await stack.Catalog.Branches.GetCurrentAsync(LifeStack.Key, PinFreshness.Now, CancellationToken.None);
        var key = await stack.Vault.UnwrapKeyAsync(current.Wrapping.KeyId, current.Wrapping.WrappedKey, CancellationToken.None);
        return new HeldBranch(key, current.Key.Name, current.Wrapping);
    }

    /// <summary>One of his own.</summary>
    public static HeldBranch Own(VaultKey version)
    {
        var bytes = RandomNumberGenerator.GetBytes(EnvelopeFormat.KeySizeInBytes);
        var name = HKDF.DeriveKey(HashAlgorithmName.SHA256, bytes, BranchName.SizeInBytes, [], "byok/v1/branch"u8.ToArray());
        using var key = BranchKey.FromUnwrapped(bytes, BranchName.Parse(System.Buffers.Text.Base64Url.EncodeToString(name)));
        return new HeldBranch(bytes, key.Name, key.WrapWith(version.Id, version.RequirePublicKey()));
    }

    public BranchKey Open() => BranchKey.FromUnwrapped(Key, Name);

    /// <summary>Seals any DEK, as docs/FORMAT.md says in section 4.</summary>
    public byte[] SealDek(byte[] dek, BlobId blobId)
    {
        Span<byte> salt = stackalloc byte[BlobId.SizeInBytes];
        blobId.CopyTo(salt);
        Span<byte> sealKey = stackalloc byte[EnvelopeFormat.KeySizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Key, sealKey, salt, "byok/v1/dek"u8);
        Span<byte> name = stackalloc byte[BranchName.SizeInBytes];
        Name.CopyTo(name);
        var sealedDek = new byte[EnvelopeFormat.SealedDekSizeInBytes];
        var (nonce, ciphertext, tag) = (sealedDek.AsMemory(0, 12), sealedDek.AsMemory(12, 32), sealedDek.AsMemory(44));
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(sealKey, EnvelopeFormat.TagSizeInBytes);
        aes.Encrypt(nonce.Span, dek, ciphertext.Span, tag.Span, [.. "BYOK\u0001\u0003\0\0"u8, .. salt, .. name]);
        return sealedDek;
    }
}
