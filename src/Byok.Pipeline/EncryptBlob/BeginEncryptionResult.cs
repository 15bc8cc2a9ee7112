namespace Byok.Pipeline.EncryptBlob;

/// <summary>Either a plan to fan out, or the result when the blob was small.</summary>
/// <param name="Plan">The plan; null when all is done.</param>
/// <param name="Result">The result; null when there is a plan.</param>
public sealed record BeginEncryptionResult(EncryptionPlan? Plan, EncryptBlobResult? Result);
