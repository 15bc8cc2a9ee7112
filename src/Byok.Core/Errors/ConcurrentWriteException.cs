namespace Byok.Core.Errors;

/// <summary>Somebody else wrote the object between our read and our conditional write.</summary>
public sealed class ConcurrentWriteException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ConcurrentWriteException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ConcurrentWriteException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
