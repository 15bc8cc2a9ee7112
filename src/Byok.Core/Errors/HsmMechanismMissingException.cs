namespace Byok.Core.Errors;

/// <summary>The token lacks a mechanism that the operation needs, or its implementation failed the known-answer self-test.</summary>
public sealed class HsmMechanismMissingException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmMechanismMissingException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmMechanismMissingException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
