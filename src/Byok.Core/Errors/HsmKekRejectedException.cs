namespace Byok.Core.Errors;

/// <summary>The key exchange key is too small, of the wrong type or otherwise not fit to wrap a master key.</summary>
public sealed class HsmKekRejectedException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmKekRejectedException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmKekRejectedException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
