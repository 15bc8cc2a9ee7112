namespace Byok.Core.Errors;

/// <summary>The key's attributes forbid that it leaves the token, even wrapped.</summary>
public sealed class HsmKeyNotExtractableException : HsmException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public HsmKeyNotExtractableException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public HsmKeyNotExtractableException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
