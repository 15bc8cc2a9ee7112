namespace Byok.Core.Errors;

/// <summary>A process runs already that does this, or that uses what this needs for itself.</summary>
public sealed class AlreadyRunningException(string message, Exception? innerException = null) : ConflictException(message, innerException);
