namespace Byok.Core.Errors;

/// <summary>The operation has ended, so it takes no more events.</summary>
public sealed class OperationEndedException : ConflictException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public OperationEndedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public OperationEndedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
