namespace Byok.Core.Errors;

/// <summary>The agent beside the HSM refused to export a master key. The message names the rule.</summary>
public class ExportRefusedException(string message, Exception? innerException = null) : PermanentByokException(message, innerException)
{
    /// <summary>The rule's code, for example <c>approvals</c>; null when the failure came back over a boundary. The message names it as well.</summary>
    public string? Rule { get; init; }
}
