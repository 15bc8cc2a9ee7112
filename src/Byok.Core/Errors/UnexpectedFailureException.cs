namespace Byok.Core.Errors;

/// <summary>A failure that this product has no type for. The message holds the original type's name and text.</summary>
public sealed class UnexpectedFailureException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
