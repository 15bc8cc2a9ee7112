using Byok.Client.Writing;

namespace Byok.Pipeline.EncryptBlob;

/// <summary>How an upload is encrypted.</summary>
/// <param name="SourceETag">The upload's ETag; every read is conditional on it.</param>
/// <param name="Envelope">How its protected blob is written.</param>
public sealed record EncryptionPlan(string SourceETag, EnvelopePlan Envelope);
