using Byok.Client.Writing;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>What to commit.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segments">All segments, in order.</param>
public sealed record CommitReencryptionInput(EnvelopePlan Plan, IReadOnlyList<SegmentResult> Segments);
