namespace Byok.Core.Errors;

/// <summary>A setting is missing or wrong. The message names it and what it should be.</summary>
public sealed class ConfigurationException : PermanentByokException
{
    /// <summary>Creates the failure with one clear sentence.</summary>
    public ConfigurationException(string message) : base(message)
    {
    }

    /// <summary>Creates the failure with one clear sentence and its cause.</summary>
    public ConfigurationException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
