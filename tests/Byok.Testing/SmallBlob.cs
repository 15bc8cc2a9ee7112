using System.Buffers.Text;
using System.Security.Cryptography;
using Byok.Client.Writing;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Ports;

namespace Byok.Testing;

/// <summary>A protected blob of one chunk, made without the pipeline, for stacks that need many of them at one request each.</summary>
/// <param name="Stored">What is stored.</param>
/// <param name="Header">Its signed header.</param>
public sealed record SmallBlob(byte[] Stored, EnvelopeHeader Header)
{
    /// <summary>What the ledger has of it once the pipeline has written it (docs/FORMAT.md, section 15).</summary>
    public IReadOnlyList<LedgerEvent> LedgerEvents(string container, string name)
    {
        var mac = Base64Url.EncodeToString(Header.Mac.Span);
        LedgerEvent Event(string kind, Dictionary<string, string> details) => new()
        {
            EventId = $"{kind}/{mac}",
            Kind = kind,
            Subject = $"{container}/{name}",
            CorrelationId = "seed",
            Details = details,
        };
        return
        [
            Event("blob.intended", new()
            {
                ["by"] = "encrypt",
                ["blobId"] = Header.BlobId.ToString(),
                ["commitment"] = Base64Url.EncodeToString(Header.Commitment.Span),
                ["mac"] = mac,
                ["key"] = Header.Wrapping.KeyId.ToString(),
                ["branch"] = Header.Branch.ToString(),
            }),
            Event("blob.confirmed", new() { ["mac"] = mac }),
        ];
    }

    /// <summary>Seals it under a DEK of its own.</summary>
    /// <param name="container">The container.</param>
    /// <param name="name">The blob's name.</param>
    /// <param name="content">Its plaintext.</param>
    /// <param name="branch">The branch that seals its DEK.</param>
    /// <param name="wrapping">That branch's key, wrapped.</param>
    /// <param name="as">A header whose blob id it takes, as a stranger would; null for a blob of its own.</param>
    public static SmallBlob Seal(string container, string name, byte[] content, BranchKey branch, BranchWrapping wrapping, EnvelopeHeader? @as = null)
    {
        var layout = new BlobLayout(content.Length, EnvelopePlan.StandardChunkSizeInBytes, EnvelopePlan.MinChunksPerSegment);
        var blobId = @as?.BlobId ?? BlobId.New();
        using var dek = DataEncryptionKey.Generate();
        using var keys = dek.DeriveFor(blobId);
        byte[] stored = [.. content, .. new byte[EnvelopeFormat.TagSizeInBytes]];
        var bek = new byte[EnvelopeFormat.KeySizeInBytes];
        ChunkCipher.Seal(stored, bek);
        var header = new EnvelopeHeader
        {
            BlobId = blobId,
            PlaintextLength = content.Length,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerTableSegment = layout.ChunksPerTableSegment,
            InlineTable = BekTable.SealSegment(keys, layout, 0, bek),
            WrittenOn = @as?.WrittenOn.AddMilliseconds(1) ?? DateTimeOffset.UnixEpoch.AddYears(60),
            Branch = branch.Name,
            SealedDek = branch.SealDek(dek, blobId),
            Wrapping = wrapping,
            NameHash = EnvelopeHeader.HashName(container, name),
        }.Sign(keys);
        CryptographicOperations.ZeroMemory(bek);
        return new SmallBlob(stored, header);
    }
}
