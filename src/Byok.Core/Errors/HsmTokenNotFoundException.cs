namespace Byok.Core.Errors;

/// <summary>No token of that label is present in the PKCS#11 library's slots.</summary>
public sealed class HsmTokenNotFoundException(string message, Exception? innerException = null) : HsmException(message, innerException);
