using Byok.Client.Writing;

namespace Byok.Pipeline.ReencryptBlob;

/// <summary>Either a plan to fan out, or the result when all is done.</summary>
/// <param name="Plan">The plan; null when all is done.</param>
/// <param name="Result">The result; null when there is a plan.</param>
public sealed record BeginReencryptionResult(EnvelopePlan? Plan, ReencryptBlobResult? Result);
