namespace Byok.Core.Errors;

/// <summary>The token holds no key of that label.</summary>
public sealed class HsmKeyNotFoundException(string message, Exception? innerException = null) : HsmException(message, innerException);
