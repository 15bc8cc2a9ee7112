namespace Byok.Core.Errors;

/// <summary>Another operation is under way, and this one cannot run beside it.</summary>
public sealed class OperationInProgressException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public OperationInProgressException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public OperationInProgressException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
