namespace Byok.Core.Errors;

/// <summary>A setting is missing or wrong. The message names it and what it should be.</summary>
public sealed class ConfigurationException(string message, Exception? innerException = null) : PermanentByokException(message, innerException);
