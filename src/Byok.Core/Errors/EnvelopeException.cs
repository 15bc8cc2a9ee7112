namespace Byok.Core.Errors;

/// <summary>A stored blob does not satisfy the envelope format (docs/FORMAT.md). No plaintext of it is released.</summary>
public abstract class EnvelopeException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    protected EnvelopeException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    protected EnvelopeException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
