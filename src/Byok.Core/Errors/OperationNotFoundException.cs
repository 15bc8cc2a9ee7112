namespace Byok.Core.Errors;

/// <summary>There is no such operation.</summary>
public sealed class OperationNotFoundException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public OperationNotFoundException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public OperationNotFoundException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
