namespace Byok.Client.Writing;

/// <summary>A segment that was encrypted and staged.</summary>
/// <param name="Segment">Its number.</param>
/// <param name="AttemptId">The random id of the attempt whose blocks count, 32 hex digits; part of every block id.</param>
/// <param name="SealedTable">The segment's sealed BEKs, for the metadata; null when the attempt staged them as a block.</param>
public sealed record SegmentResult(int Segment, string AttemptId, byte[]? SealedTable);
