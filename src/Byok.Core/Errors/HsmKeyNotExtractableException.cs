namespace Byok.Core.Errors;

/// <summary>The key's attributes forbid that it leaves the token, even wrapped.</summary>
public sealed class HsmKeyNotExtractableException(string message, Exception? innerException = null) : HsmException(message, innerException);
