namespace Byok.Core.Errors;

/// <summary>The operation was terminated, or what it was part of ended before it.</summary>
public sealed class OperationTerminatedException(string message, Exception? innerException = null) : ConflictException(message, innerException);
