using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Pipeline.Writing;

namespace Byok.Testing;

/// <summary>A protected blob of one chunk, made without the pipeline, for stacks that need many of them at one request each.</summary>
/// <param name="Stored">What is stored.</param>
/// <param name="Header">Its signed header.</param>
public sealed record SmallBlob(byte[] Stored, EnvelopeHeader Header)
{
    /// <summary>Seals it under a DEK of its own.</summary>
    public static SmallBlob Seal(string container, string name, byte[] content, VaultKey key)
    {
        var layout = new BlobLayout(content.Length, EnvelopePlan.StandardChunkSizeInBytes, EnvelopePlan.MinChunksPerSegment);
        var blobId = BlobId.New();
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(blobId);
        var stored = new byte[content.Length + EnvelopeFormat.TagSizeInBytes];
        var bek = new byte[EnvelopeFormat.KeySizeInBytes];
        new ChunkCipher(blobId, layout).Seal(0, content, stored, bek);
        var publicKey = key.RequirePublicKey();
        var header = new EnvelopeHeader
        {
            BlobId = blobId,
            Layout = layout,
            InlineTable = BekTable.SealSegment(keys, layout, 0, bek),
            Generation = 1,
            KeyId = key.Id,
            KeyThumbprint = publicKey.Thumbprint,
            WrappedDek = dek.WrapWith(publicKey),
            NameHash = EnvelopeHeader.HashName(container, name),
        }.Sign(keys);
        CryptographicOperations.ZeroMemory(bek);
        return new SmallBlob(stored, header);
    }
}
