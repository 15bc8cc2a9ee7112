namespace Byok.Core.Errors;

/// <summary>The agent counts fewer good approvals than its policy asks for. The request stands: more approvals may be handed in until it expires.</summary>
public sealed class ApprovalsMissingException : ExportRefusedException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ApprovalsMissingException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ApprovalsMissingException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
