namespace Byok.Core.Errors;

/// <summary>Authentication failed: ciphertext, key table, wrapped key or header was altered, truncated, moved, or belongs to another blob.</summary>
public sealed class IntegrityException : EnvelopeException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public IntegrityException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public IntegrityException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
