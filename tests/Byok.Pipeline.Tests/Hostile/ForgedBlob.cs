using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Storage;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>
/// A protected blob as anybody makes one who can write to storage and holds a branch key: he chose its DEK, so he can give any fields a MAC that verifies.
/// </summary>
internal sealed class ForgedBlob
{
    private readonly byte[] _dek = RandomNumberGenerator.GetBytes(32);

    public ForgedBlob(
        string container, string name, byte[] plaintext, HeldBranch branch, int chunkSize = 4 * 1024 * 1024, int chunksPerSegment = 16, bool tail = false, string? blobId = null)
    {
        var layout = new BlobLayout(plaintext.Length, chunkSize, chunksPerSegment);
        var id = blobId is null ? BlobId.New() : BlobId.Parse(blobId);
        var sealedDek = branch.SealDek(_dek, id);
        using var key = branch.Open();
        using var dek = key.OpenDek(sealedDek, id);
        using var keys = dek.DeriveFor(id);
        var beks = new byte[layout.ChunkCount * 32];
        using var content = new MemoryStream();
        for (var i = 0; i < layout.ChunkCount; i++)
        {
            var stored = new byte[layout.StoredChunkLength(i)];
            ChunkCipher.Seal(plaintext.AsSpan((int)layout.PlaintextOffset(i), layout.ChunkLength(i)), stored, beks.AsSpan(i * 32, 32));
            content.Write(stored);
        }

        using var table = new MemoryStream();
        for (var k = 0; k < layout.TableSegmentCount; k++)
        {
            table.Write(BekTable.SealSegment(keys, layout, k, beks.AsSpan((int)layout.FirstChunkOfTableSegment(k) * 32, layout.ChunkCountOfTableSegment(k) * 32)));
        }

        if (tail)
        {
            content.Write(table.ToArray());
        }

        Content = content.ToArray();
        Fields = new EnvelopeHeader
        {
            BlobId = id,
            PlaintextLength = layout.PlaintextLength,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerTableSegment = layout.ChunksPerTableSegment,
            InlineTable = tail ? null : table.ToArray(),
            WrittenOn = LifeStack.Start,
            Branch = branch.Name,
            SealedDek = sealedDek,
            Wrapping = branch.Wrapping,
            NameHash = EnvelopeHeader.HashName(container, name),
        }.Sign(keys).ToMetadata();
    }

    public Dictionary<string, string> Fields { get; }

    public byte[] Content { get; }

    /// <summary>Sets a field to any text, or removes it.</summary>
    public ForgedBlob Set(string field, string? value, bool renewMac)
    {
        if (value is null)
        {
            Fields.Remove(field);
        }
        else
        {
            Fields[field] = value;
        }

        if (renewMac && field != EnvelopeFields.Mac)
        {
            Fields[EnvelopeFields.Mac] = Base64Url.EncodeToString(ComputeMac());
        }

        return this;
    }

    public Task PutAsync(StorageAccount storage, string name) => storage.Protected.Client.GetBlobClient(name).UploadAsync(
        BinaryData.FromBytes(Content), new BlobUploadOptions { Metadata = new Dictionary<string, string>(Fields) });

    /// <summary>docs/FORMAT.md, sections 4 and 8, over the fields as they are.</summary>
    private byte[] ComputeMac()
    {
        var id = Fields.GetValueOrDefault(EnvelopeFields.BlobId);
        var salt = Base64Url.IsValid(id) ? Base64Url.DecodeFromChars(id) : [];
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, HKDF.DeriveKey(HashAlgorithmName.SHA256, _dek, 32, salt, "byok/v1/header-mac"u8.ToArray()));
        mac.AppendData("byok/v1/header"u8);
        foreach (var (field, value) in Fields.Where(pair => pair.Key != EnvelopeFields.Mac).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            foreach (var text in new[] { field, value })
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                var length = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
                mac.AppendData(length);
                mac.AppendData(bytes);
            }
        }

        return mac.GetHashAndReset();
    }
}
