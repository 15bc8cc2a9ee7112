using Byok.Client.Writing;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>What to commit.</summary>
/// <param name="Plan">The blob's plan.</param>
/// <param name="Segments">All segments, in order.</param>
public sealed record CommitBlobInput(EncryptionPlan Plan, IReadOnlyList<SegmentResult> Segments);
