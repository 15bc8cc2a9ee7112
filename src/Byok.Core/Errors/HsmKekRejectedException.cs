namespace Byok.Core.Errors;

/// <summary>The key exchange key is too small, of the wrong type or otherwise not fit to wrap a master key.</summary>
public sealed class HsmKekRejectedException(string message, Exception? innerException = null) : HsmException(message, innerException);
