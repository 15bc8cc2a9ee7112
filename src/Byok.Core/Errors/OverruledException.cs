namespace Byok.Core.Errors;

/// <summary>A newer order on the same key holds instead of this one: it was restored while it was revoked, or revoked while it was restored.</summary>
public sealed class OverruledException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public OverruledException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public OverruledException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
