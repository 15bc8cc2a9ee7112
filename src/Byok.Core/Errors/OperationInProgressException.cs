namespace Byok.Core.Errors;

/// <summary>Another operation is under way, and this one cannot run beside it.</summary>
public sealed class OperationInProgressException(string message, Exception? innerException = null) : ConflictException(message, innerException);
