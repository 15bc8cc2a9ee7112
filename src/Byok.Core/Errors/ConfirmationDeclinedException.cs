namespace Byok.Core.Errors;

/// <summary>The user was asked, and did not say yes.</summary>
public sealed class ConfirmationDeclinedException(string message, Exception? innerException = null) : ConflictException(message, innerException);
