using Byok.Core.Ledger;

namespace Byok.Client.Records;

/// <summary>
/// What the ledger knows of one blob: the state that was confirmed last, and what was intended after it. A commit replaces just the state that its intent names
/// (conditional writes), so of the intents before one that was confirmed none can come true any more.
/// </summary>
internal struct BlobChain
{
    private List<OpenIntent>? _open;

    /// <summary>MAC of the state that was confirmed last; null when there is none, or when it was deleted.</summary>
    public Digest? Confirmed { get; private set; }

    /// <summary>How this blob stands to the state with a MAC.</summary>
    public readonly BlobStanding StandingOf(Digest mac) =>
        Confirmed == mac ? BlobStanding.Confirmed : Intent(mac) is null ? BlobStanding.Unknown : BlobStanding.Intended;

    /// <summary>The intent of a state that is not confirmed; null when there is none.</summary>
    public readonly OpenIntent? Intent(Digest mac) => _open?.Find(intent => intent.Mac == mac);

    /// <summary>Takes the next entry about this blob.</summary>
    /// <param name="moved">Told each operation that is known to have rewrapped or encrypted the blob anew, once for each state.</param>
    public void Apply(BlobRecord record, Action<string>? moved = null)
    {
        if (record.Kind == LedgerKinds.BlobIntended)
        {
            // What is made of a state that is not the blob's own is none of its states either: a rolled back blob is not taken along.
            var isChained = !record.IsDerived || (record.Replaces is { } replaced && StandingOf(replaced) != BlobStanding.Unknown);
            if (isChained && StandingOf(record.Mac) == BlobStanding.Unknown)
            {
                (_open ??= []).Add(new OpenIntent(record.Mac, record.Replaces, record.IsDerived, record.OperationId, record.RecordedOn));
            }

            return;
        }

        var open = _open ?? [];
        var index = open.FindIndex(intent => intent.Mac == record.Mac);
        if (record.Kind == LedgerKinds.BlobDeleted)
        {
            Confirmed = null;
        }
        else if (index >= 0)
        {
            Confirmed = record.Mac;
        }

        // A state that was replaced by this one was committed as well, though who wrote it may have died before it was confirmed.
        for (var at = index; at >= 0; at = open.FindIndex(0, at, intent => intent.Mac == open[at].Replaces))
        {
            if (open[at].IsDerived)
            {
                moved?.Invoke(open[at].OperationId);
            }
        }

        _open = index + 1 < open.Count ? open[(index + 1)..] : null;
    }
}

/// <summary>A state that was intended and is not confirmed.</summary>
/// <param name="Replaces">MAC of the state that it takes the place of.</param>
/// <param name="IsDerived">Whether it is made of that.</param>
/// <param name="OperationId">Who intended it.</param>
internal sealed record OpenIntent(Digest Mac, Digest? Replaces, bool IsDerived, string OperationId, DateTimeOffset RecordedOn);
