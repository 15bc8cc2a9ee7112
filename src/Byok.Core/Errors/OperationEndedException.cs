namespace Byok.Core.Errors;

/// <summary>The operation has ended, so it takes no more events.</summary>
public sealed class OperationEndedException(string message, Exception? innerException = null) : ConflictException(message, innerException);
