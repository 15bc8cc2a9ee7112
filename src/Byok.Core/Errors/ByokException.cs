namespace Byok.Core.Errors;

/// <summary>
/// Root of every failure this product reports. Callers tell failures apart by type, never by text.
/// Messages name objects (blob, key, token) and say what to do; they never hold key bytes, PINs, plaintext or tokens.
/// </summary>
public abstract class ByokException(string message, Exception? innerException = null) : Exception(message, innerException);
