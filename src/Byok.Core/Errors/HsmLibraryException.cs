namespace Byok.Core.Errors;

/// <summary>The PKCS#11 library could not be loaded or initialised.</summary>
public sealed class HsmLibraryException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmLibraryException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmLibraryException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
