namespace Byok.Core.Errors;

/// <summary>The agent counts fewer good approvals than its policy asks for. The request stands: more approvals may be handed in until it expires.</summary>
public sealed class ApprovalsMissingException(string message, Exception? innerException = null) : ExportRefusedException(message, innerException);
