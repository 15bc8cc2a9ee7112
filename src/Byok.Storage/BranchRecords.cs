using Byok.Core.Branches;
using Byok.Core.Errors;

namespace Byok.Storage;

/// <summary>The records of branches, each a small document of its own. Nothing authenticates them: unwrapping shows whether they are what they say.</summary>
public sealed class BranchRecords(DocumentContainer container)
{
    /// <summary>Writers that meet over one record at most so often.</summary>
    private const int MaxTries = 10;

    /// <summary>A branch's record.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="MalformedBranchRecordException">It is not in its form.</exception>
    public async Task<BranchRecord?> FindAsync(string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        var (record, _, fault) = await ReadAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
        return fault is null ? record : throw fault;
    }

    /// <summary>Adds a wrapping to a branch's record, and makes the record when there is none. One that is malformed is replaced: it says nothing.</summary>
    /// <exception cref="ConcurrentWriteException">Others keep writing it.</exception>
    public async Task AddAsync(string keyName, BranchName branch, BranchWrapping wrapping, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var (record, etag, _) = await ReadAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
            var next = record?.With(wrapping) ?? new BranchRecord(keyName, branch, [wrapping]);
            if (await container.TryReplaceAsync(BranchRecord.BlobNameOf(keyName, branch), new BinaryData(next.ToUtf8Json()), etag, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        throw new ConcurrentWriteException($"'{container.SubjectOf(BranchRecord.BlobNameOf(keyName, branch))}' is written by others again and again.");
    }

    /// <summary>Reads a record; a malformed one twice, because an answer that was cut on its way looks the same.</summary>
    private async Task<(BranchRecord? Record, string? ETag, MalformedBranchRecordException? Fault)> ReadAsync(
        string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            var (content, etag) = await ReadContentAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
            try
            {
                return (content is null ? null : BranchRecord.Parse(content.ToMemory(), keyName, branch), etag, null);
            }
            catch (MalformedBranchRecordException exception) when (isSecond)
            {
                return (null, etag, exception);
            }
            catch (MalformedBranchRecordException)
            {
                // Once more.
            }
        }
    }

    private async Task<(BinaryData? Content, string? ETag)> ReadContentAsync(string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        try
        {
            return await container.ReadAsync(BranchRecord.BlobNameOf(keyName, branch), cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            return (null, null);
        }
        catch (ConcurrentWriteException exception)
        {
            // A read has no precondition that could fail: whoever wants a blob's branch must not take this for a write to the blob.
            throw new ServiceUnavailableException($"Storage refused to read '{container.SubjectOf(BranchRecord.BlobNameOf(keyName, branch))}' as if it had been written meanwhile.", exception);
        }
    }
}
