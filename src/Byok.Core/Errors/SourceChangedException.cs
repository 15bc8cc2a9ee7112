namespace Byok.Core.Errors;

/// <summary>The source blob was overwritten or deleted while it was being encrypted. It is encrypted anew, never mixed.</summary>
public sealed class SourceChangedException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public SourceChangedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public SourceChangedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
