namespace Byok.Core.Errors;

/// <summary>Authentication failed: ciphertext, key table, wrapped key or header was altered, truncated, moved, or belongs to another blob.</summary>
public sealed class IntegrityException(string message, Exception? innerException = null) : EnvelopeException(message, innerException);
