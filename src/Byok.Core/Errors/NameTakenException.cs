namespace Byok.Core.Errors;

/// <summary>The name stands for something else already: a key, a deleted key that is still recoverable, a token, or a master key of another size.</summary>
public sealed class NameTakenException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public NameTakenException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public NameTakenException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
