namespace Byok.Pipeline.EncryptBlob;

/// <summary>Which segment to encrypt.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segment">The segment's number.</param>
public sealed record EncryptSegmentInput(EncryptionPlan Plan, int Segment);
