using System.Buffers.Text;
using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Storage;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>
/// Opens the DEKs of stored blobs with a branch key that a test recorded, by docs/FORMAT.md, section 9, and not by the product, which shows no DEK to anybody. Both come
/// combined with a mask where having them must not be what a search of the memory finds.
/// </summary>
internal static class StoredDek
{
    /// <summary>The DEKs of all protected blobs.</summary>
    public static async Task<List<byte[]>> OpenAllAsync(StorageAccount storage, byte[] branchKey, byte mask = 0)
    {
        var deks = new List<byte[]>();
        await foreach (var blob in storage.Protected.ListAsync(null, CancellationToken.None))
        {
            deks.Add(Open(EnvelopeHeader.Parse(blob.Metadata, blob.Name), branchKey, mask));
        }

        return deks;
    }

    private static byte[] Open(EnvelopeHeader header, byte[] branchKey, byte mask)
    {
        var (branch, seal, dek) = (Pinned(), Pinned(), Pinned());
        try
        {
            Combine(branchKey, mask, branch);
            var blobId = Base64Url.DecodeFromChars(header.BlobId.ToString());
            HKDF.DeriveKey(HashAlgorithmName.SHA256, branch, seal, blobId, "byok/v1/dek"u8);
            using var aes = new AesGcm(seal, 16);
            byte[] associatedData = [.. "BYOK"u8, 1, 3, 0, 0, .. blobId, .. Base64Url.DecodeFromChars(header.Branch.ToString())];
            aes.Decrypt(header.SealedDek.Span[..12], header.SealedDek.Span[12..^16], header.SealedDek.Span[^16..], dek, associatedData);
            var masked = new byte[dek.Length];
            Combine(dek, mask, masked);
            return masked;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(branch);
            CryptographicOperations.ZeroMemory(seal);
            CryptographicOperations.ZeroMemory(dek);
        }
    }

    private static byte[] Pinned() => GC.AllocateArray<byte>(32, pinned: true);

    private static void Combine(byte[] from, byte mask, byte[] to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = (byte)(from[i] ^ mask);
        }
    }
}
