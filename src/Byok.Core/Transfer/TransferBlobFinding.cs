namespace Byok.Core.Transfer;

/// <summary>One fault of a transfer blob.</summary>
/// <param name="Severity">How much it weighs.</param>
/// <param name="Code">One of <see cref="TransferBlobFault"/>.</param>
/// <param name="Message">The fault in a sentence.</param>
public sealed record TransferBlobFinding(TransferBlobSeverity Severity, string Code, string Message);
