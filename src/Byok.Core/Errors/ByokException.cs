namespace Byok.Core.Errors;

/// <summary>
/// Root of every failure this product reports. Callers tell failures apart by type, never by text.
/// Messages name objects (blob, key, token) and say what to do; they never hold key bytes, PINs, plaintext or tokens.
/// </summary>
public abstract class ByokException : Exception
{
    /// <summary>Creates a failure with one clear sentence.</summary>
    protected ByokException(string message) : base(message)
    {
    }

    /// <summary>Creates a failure with one clear sentence and its cause.</summary>
    protected ByokException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
