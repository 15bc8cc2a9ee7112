namespace Byok.Core.Errors;

/// <summary>The PKCS#11 library could not be loaded or initialised.</summary>
public sealed class HsmLibraryException(string message, Exception? innerException = null) : HsmException(message, innerException);
