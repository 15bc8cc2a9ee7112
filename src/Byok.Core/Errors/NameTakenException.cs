namespace Byok.Core.Errors;

/// <summary>The name stands for something else already: a key, a deleted key that is still recoverable, a token, or a master key of another size.</summary>
public sealed class NameTakenException(string message, Exception? innerException = null) : ConflictException(message, innerException);
