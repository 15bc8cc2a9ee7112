using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>One name of the protected container: what is stored there, and what the ledger knows of it.</summary>
internal sealed class ComparedBlob
{
    private BlobChain _chain;
    private Digest? _stored;

    /// <summary>Whether something is stored under the name.</summary>
    public bool IsStored { get; private set; }

    /// <summary>Its ETag in header form: a listing gives it without quotes.</summary>
    public string? ETag { get; private set; }

    /// <summary>Whether the ledger has any entry about the name.</summary>
    public bool IsNameKnown { get; private set; }

    /// <summary>Whether what is stored was once written by us.</summary>
    public bool WasRight { get; private set; }

    /// <summary>When the state that was confirmed last was; null when there is none, or it was deleted.</summary>
    public DateTimeOffset? ConfirmedOn { get; private set; }

    /// <summary>How the ledger stands to what is stored. What is not intact, or not in its place, <see cref="AuditBlobs"/> reports.</summary>
    public BlobStanding Standing => _stored is { } mac ? _chain.StandingOf(mac) : BlobStanding.Confirmed;

    /// <summary>The intent of what is stored, while it is not confirmed.</summary>
    public OpenIntent? Intent => _stored is { } mac ? _chain.Intent(mac) : null;

    public void See(ProtectedBlob blob, string container)
    {
        (IsStored, ETag) = (true, blob.ETag.ToString("H"));
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            if (header.NameHash.Span.SequenceEqual(EnvelopeHeader.HashName(container, blob.Name)))
            {
                _stored = Digest.FromBytes(header.Mac.Span);
            }
        }
        catch (EnvelopeException)
        {
            // AuditBlobs reports it.
        }
    }

    public void Record(BlobRecord record)
    {
        var isIntended = _chain.Intent(record.Mac) is not null;
        _chain.Apply(record);
        IsNameKnown = true;
        WasRight |= record.Mac == _stored;
        if (record.Kind == LedgerKinds.BlobDeleted)
        {
            ConfirmedOn = null;
        }
        else if (record.Kind == LedgerKinds.BlobConfirmed && isIntended && _chain.Confirmed == record.Mac)
        {
            ConfirmedOn = record.RecordedOn;
        }
    }
}
