namespace Byok.Core.Errors;

/// <summary>The operation was terminated, or what it was part of ended before it.</summary>
public sealed class OperationTerminatedException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public OperationTerminatedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public OperationTerminatedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
