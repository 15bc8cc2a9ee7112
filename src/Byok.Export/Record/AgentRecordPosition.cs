namespace Byok.Export.Record;

/// <summary>Where an entry stands in the record.</summary>
/// <param name="Offset">Where its line begins, in bytes.</param>
/// <param name="Length">Length of its line in bytes, without the line feed.</param>
/// <param name="PreviousHash">Hash of the entry before.</param>
public sealed record AgentRecordPosition(long Sequence, long Offset, int Length, string PreviousHash);
