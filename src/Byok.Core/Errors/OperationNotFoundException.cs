namespace Byok.Core.Errors;

/// <summary>There is no such operation.</summary>
public sealed class OperationNotFoundException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
