namespace Byok.Core.Errors;

/// <summary>No token of that label is present in the PKCS#11 library's slots.</summary>
public sealed class HsmTokenNotFoundException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmTokenNotFoundException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmTokenNotFoundException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
