namespace Byok.Core.Errors;

/// <summary>The token refused the PIN, or the PIN is locked. It is tried once, never in a loop.</summary>
public sealed class HsmPinException(string message, Exception? innerException = null) : HsmException(message, innerException);
