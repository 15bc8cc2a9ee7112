namespace Byok.Core.Errors;

/// <summary>A blob is at the last generation that the format has, so its envelope cannot be followed by another one of the same data.</summary>
public sealed class GenerationLimitException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
