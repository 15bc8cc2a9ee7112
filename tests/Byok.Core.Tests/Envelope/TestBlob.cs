using Byok.Core.Envelope;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Envelope;

/// <summary>A stored blob as the service keeps it, with what a test needs to read it: nothing else.</summary>
internal sealed record TestBlob(Dictionary<string, string> Metadata, byte[] Content)
{
    public const string Container = "protected";
    public const string Name = "reports/2026 Q3.pdf";

    public static TestBlob Create(
        byte[] plaintext,
        int chunkSize = 64,
        int chunksPerSegment = 2,
        TablePlacement placement = TablePlacement.Inline,
        DeterministicRandom? random = null,
        byte[]? wrappedDek = null,
        DataEncryptionKey? dek = null,
        string name = Name)
    {
        random ??= new DeterministicRandom(Guid.NewGuid().ToString());
        var layout = new BlobLayout(plaintext.Length, chunkSize, chunksPerSegment);
        using var owned = dek is null ? DataEncryptionKey.Generate(random.Fill) : null;
        var key = dek ?? owned!;
        var id = new BlobId(random.Bytes(BlobId.SizeInBytes));
        using var keys = key.DeriveFor(id);
        var cipher = new ChunkCipher(id, layout, random.Fill);
        var content = new MemoryStream();
        var beks = new byte[layout.ChunkCount * EnvelopeFormat.KeySizeInBytes];
        for (var i = 0; i < layout.ChunkCount; i++)
        {
            var stored = new byte[layout.StoredChunkLength(i)];
            cipher.Seal(i, plaintext.AsSpan((int)layout.PlaintextOffset(i), layout.ChunkLength(i)), stored, beks.AsSpan(i * 32, 32));
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
            Layout = layout,
            InlineTable = placement == TablePlacement.Inline ? table.ToArray() : null,
            Generation = 1,
            KeyId = TestKeys.KeyId,
            KeyThumbprint = TestKeys.PublicKey.Thumbprint,
            WrappedDek = wrappedDek ?? key.WrapWith(TestKeys.PublicKey),
            NameHash = EnvelopeHeader.HashName(Container, name),
        }.Sign(keys);
        return new TestBlob(header.ToMetadata(), content.ToArray());
    }

    public EnvelopeReader Open(bool allowRenamed = false, string name = Name)
    {
        var header = EnvelopeHeader.Parse(Metadata, name);
        if (header.KeyThumbprint != TestKeys.PublicKey.Thumbprint)
        {
            throw new IntegrityException("The header names another key.");
        }

        using var dek = TestKeys.Unwrap(header.WrappedDek.Span);
        return EnvelopeReader.Open(header, dek, new MemoryRangeSource(Content), Container, name, allowRenamed);
    }

    public async Task<byte[]> ReadAsync(bool allowRenamed = false, string name = Name, int degree = 3)
    {
        using var reader = Open(allowRenamed, name);
        var plaintext = new byte[reader.Layout.PlaintextLength];
        await EnvelopeDownload.CopyToAsync(reader, degree, (offset, bytes, _) =>
        {
            bytes.CopyTo(plaintext.AsMemory((int)offset));
            return ValueTask.CompletedTask;
        });
        return plaintext;
    }

    public TestBlob With(string field, string value) => this with { Metadata = new(Metadata) { [field] = value } };
}
