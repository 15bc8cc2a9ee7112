using Byok.Core.Branches;
using Byok.Core.Envelope;

namespace Byok.Core.Tests.Envelope;

/// <summary>A stored blob as the service keeps it.</summary>
internal sealed record TestBlob(Dictionary<string, string> Metadata, byte[] Content)
{
    public const string Container = "protected";
    public const string Name = "reports/2026 Q3.pdf";

    public static DateTimeOffset WrittenOn { get; } = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddMilliseconds(678);

    public static TestBlob Create(
        byte[] plaintext,
        int chunkSize = 64,
        int chunksPerSegment = 2,
        TablePlacement placement = TablePlacement.Inline,
        DeterministicRandom? random = null,
        DataEncryptionKey? dek = null,
        string name = Name,
        BranchKey? branch = null,
        BranchWrapping? wrapping = null)
    {
        random ??= new DeterministicRandom(Guid.NewGuid().ToString());
        branch ??= TestKeys.Branch;
        var layout = new BlobLayout(plaintext.Length, chunkSize, chunksPerSegment);
        using var owned = dek is null ? DataEncryptionKey.Generate(random.Fill) : null;
        var key = dek ?? owned!;
        var id = new BlobId(random.Bytes(BlobId.SizeInBytes));
        using var keys = key.DeriveFor(id);
        var content = new MemoryStream();
        var beks = new byte[layout.ChunkCount * EnvelopeFormat.KeySizeInBytes];
        for (var i = 0; i < layout.ChunkCount; i++)
        {
            var stored = new byte[layout.StoredChunkLength(i)];
            ChunkCipher.Seal(plaintext.AsSpan((int)layout.PlaintextOffset(i), layout.ChunkLength(i)), stored, beks.AsSpan(i * 32, 32), random.Fill);
            content.Write(stored);
        }

        var table = new MemoryStream();
        for (var k = 0; k < layout.TableSegmentCount; k++)
        {
            var first = (int)layout.FirstChunkOfTableSegment(k) * 32;
            table.Write(BekTable.SealSegment(keys, layout, k, beks.AsSpan(first, layout.ChunkCountOfTableSegment(k) * 32), random.Fill));
        }

        if (placement == TablePlacement.Tail)
        {
            content.Write(table.ToArray());
        }

        var header = new EnvelopeHeader
        {
            BlobId = id,
            PlaintextLength = layout.PlaintextLength,
            ChunkSizeInBytes = layout.ChunkSizeInBytes,
            ChunksPerTableSegment = layout.ChunksPerTableSegment,
            InlineTable = placement == TablePlacement.Inline ? table.ToArray() : null,
            WrittenOn = WrittenOn,
            Branch = branch.Name,
            SealedDek = branch.SealDek(key, id, random.Fill),
            Wrapping = wrapping ?? TestKeys.Wrapping,
            NameHash = EnvelopeHeader.HashName(Container, name),
        }.Sign(keys);
        return new TestBlob(header.ToMetadata(), content.ToArray());
    }

    public EnvelopeReader Open(bool allowRenamed = false, string name = Name) => TestReader.Usual.OpenAsync(this, allowRenamed, name).GetAwaiter().GetResult();

    public Task<byte[]> ReadAsync(bool allowRenamed = false, string name = Name, int degree = 3) => ReadAsync(TestReader.Usual, allowRenamed, name, degree);

    public async Task<byte[]> ReadAsync(TestReader with, bool allowRenamed, string name, int degree = 3)
    {
        var reader = await with.OpenAsync(this, allowRenamed, name);
        var plaintext = new byte[reader.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(reader, degree, (offset, bytes, _) =>
        {
            bytes.CopyTo(plaintext.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });
        return plaintext;
    }

    public TestBlob With(string field, string value) => this with { Metadata = new(Metadata) { [field] = value } };

    /// <summary>The header as it stands.</summary>
    public EnvelopeHeader Header => EnvelopeHeader.Parse(Metadata, Name);

    /// <summary>The DEK, for who may have it.</summary>
    public DataEncryptionKey OpenDek(BranchKey? branch = null) => (branch ?? TestKeys.Branch).OpenDek(Header.SealedDek.Span, Header.BlobId);
}
