namespace Byok.Core.Errors;

/// <summary>A stored blob does not satisfy the envelope format (docs/FORMAT.md). No plaintext of it is released.</summary>
public abstract class EnvelopeException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
