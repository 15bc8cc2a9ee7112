using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope;

/// <summary>A reader with what it knows beside the blob: the steps of docs/FORMAT.md, section 10, one after the other.</summary>
internal sealed record TestReader(IReadOnlyList<VaultKey> Versions, AcceptedKeys Accepted, byte[]? Record)
{
    /// <summary>One version in use, the branch pinned, no record: the blob's copy has to do.</summary>
    public static TestReader Usual { get; } = new(TestKeys.Life.Versions, TestKeys.Accepted, null);

    public async Task<EnvelopeReader> OpenAsync(TestBlob blob, bool allowRenamed, string name)
    {
        var header = EnvelopeHeader.Parse(blob.Metadata, name);
        using var branch = await GetBranchAsync(header);
        using var dek = branch.OpenDek(header.SealedDek.Span, header.BlobId);
        return EnvelopeReader.Open(header, dek, Keep(dek), new MemoryRangeSource(blob.Content), TestBlob.Container, name, allowRenamed);
    }

    /// <summary>Opens a DEK as often as it is asked for, whatever became of this instance.</summary>
    public static DekOpener Keep(DataEncryptionKey dek)
    {
        var kept = dek.Copy();
        return _ => Task.FromResult(kept.Copy());
    }

    public Task<BranchKey> GetBranchAsync(EnvelopeHeader header)
    {
        var keyName = header.Wrapping.KeyId.Name;
        var life = new KeyLife(keyName, [.. Versions.Where(version => version.Id.Name == keyName)], null);
        return BranchCandidates.Of(life, header.Branch, header.Wrapping, ReadRecord(keyName, header.Branch), Accepted)
            .UnwrapAsync((id, wrapped, _) => TestKeys.UnwrapAsync(life, id, wrapped), CancellationToken.None);
    }

    private BranchRecord? ReadRecord(string keyName, BranchName branch)
    {
        try
        {
            return Record is null ? null : BranchRecord.Parse(Record, keyName, branch);
        }
        catch (MalformedBranchRecordException)
        {
            return null;
        }
    }
}
