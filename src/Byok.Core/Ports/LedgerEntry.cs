namespace Byok.Core.Ports;

/// <summary>A ledger event in its place in the chain.</summary>
/// <param name="Sequence">Position, from 1.</param>
/// <param name="RecordedOn">When it was written.</param>
/// <param name="PreviousHash">Hash of the entry before, base64url; 43 times <c>A</c> (32 zero bytes) for the first.</param>
/// <param name="Hash">SHA-256 of this entry's canonical form with <paramref name="PreviousHash"/>, base64url.</param>
public sealed record LedgerEntry(long Sequence, DateTimeOffset RecordedOn, LedgerEvent Event, string PreviousHash, string Hash)
{
    /// <summary>Where the store goes on behind it, for who reads on from here; null for a ledger that has no places.</summary>
    public LedgerPosition? End { get; init; }
}

/// <summary>A place in the ledger's store.</summary>
/// <param name="Blob">Number of the append blob.</param>
/// <param name="Offset">Bytes of it that come before.</param>
public sealed record LedgerPosition(int Blob, long Offset);
