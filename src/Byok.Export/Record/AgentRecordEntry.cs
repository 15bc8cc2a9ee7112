namespace Byok.Export.Record;

/// <summary>An entry of the agent's record.</summary>
/// <param name="Sequence">Position, from 1.</param>
/// <param name="RecordedOn">When it was written.</param>
/// <param name="Kind">What happened, one of <see cref="AgentRecordKind"/>.</param>
/// <param name="Details">Names, ids, thumbprints; for an export also the answer, which is wrapped. Never a secret.</param>
/// <param name="PreviousHash">Hash of the entry before, base64url; 43 times <c>A</c> (32 zero bytes) for the first.</param>
/// <param name="Hash">SHA-256 of the line without its hash member, base64url.</param>
public sealed record AgentRecordEntry(
    long Sequence, DateTimeOffset RecordedOn, string Kind, IReadOnlyDictionary<string, string> Details, string PreviousHash, string Hash);
