namespace Byok.Core.Errors;

/// <summary>A blob is at the last generation that the format has, so its envelope cannot be followed by another one of the same data.</summary>
public sealed class GenerationLimitException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public GenerationLimitException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public GenerationLimitException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
