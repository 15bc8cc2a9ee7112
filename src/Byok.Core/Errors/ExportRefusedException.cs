namespace Byok.Core.Errors;

/// <summary>The agent beside the HSM refused to export a master key. The message names the rule.</summary>
public class ExportRefusedException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ExportRefusedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ExportRefusedException(string message, Exception? innerException) : base(message, innerException)
    {
    }

    /// <summary>The rule's code, for example <c>approvals</c>; null when the failure came back over a boundary. The message names it as well.</summary>
    public string? Rule { get; init; }
}
