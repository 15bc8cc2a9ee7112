namespace Byok.Core.Errors;

/// <summary>The blob's metadata, the user's own and the envelope's together, would exceed the service's 8 KB.</summary>
public sealed class MetadataBudgetExceededException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
