namespace Byok.Core.Errors;

/// <summary>The operation does not fit the object's present state: it runs already, or the state does not allow it.</summary>
public sealed class ConflictException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ConflictException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ConflictException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
