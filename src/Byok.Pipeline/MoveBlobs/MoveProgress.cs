namespace Byok.Pipeline.MoveBlobs;

/// <summary>Where a rotation or a retirement stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="Pass">The pass over the blobs that is under way, from 1; 0 before the first.</param>
/// <param name="BlobsDone">Blobs that this pass has looked at.</param>
/// <param name="BlobsLeft">Blobs that it has still to look at.</param>
/// <param name="BlobsPerSecond">How fast this pass is; 0 while unknown.</param>
/// <param name="SecondsLeft">How long this pass will still take; null while unknown.</param>
public sealed record MoveProgress(string Stage, int Pass, long BlobsDone, long BlobsLeft, double BlobsPerSecond, double? SecondsLeft);
