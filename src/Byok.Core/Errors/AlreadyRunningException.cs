namespace Byok.Core.Errors;

/// <summary>A process runs already that does this, or that uses what this needs for itself.</summary>
public sealed class AlreadyRunningException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public AlreadyRunningException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public AlreadyRunningException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
