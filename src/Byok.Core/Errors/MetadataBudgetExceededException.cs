namespace Byok.Core.Errors;

/// <summary>The blob's metadata, the user's own and the envelope's together, would exceed the service's 8 KB.</summary>
public sealed class MetadataBudgetExceededException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public MetadataBudgetExceededException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public MetadataBudgetExceededException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
