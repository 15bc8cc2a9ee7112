namespace Byok.Core.Errors;

/// <summary>The data cannot become a protected blob as it is: its name, length, metadata or headers do not fit one.</summary>
public sealed class UnprotectableUploadException(string message, Exception? innerException = null) : ConflictException(message, innerException);
