using Byok.Client.Writing;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Which segment to encrypt anew.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segment">The segment's number.</param>
public sealed record ReencryptSegmentInput(EnvelopePlan Plan, int Segment);
