namespace Byok.Core.Errors;

/// <summary>The token lacks a mechanism that the operation needs, or its implementation failed the known-answer self-test.</summary>
public sealed class HsmMechanismMissingException(string message, Exception? innerException = null) : HsmException(message, innerException);
