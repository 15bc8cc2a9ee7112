namespace Byok.Core.Keys;

/// <summary>The rule for key names: 1 to 127 ASCII letters, digits and dashes (Azure Key Vault REST reference).</summary>
public static class KeyName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 127;

    /// <summary>Whether the text may name a key.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>Returns the name unchanged when it is valid.</summary>
    /// <exception cref="ArgumentException">The text may not name a key.</exception>
    public static string Validate(string? name) =>
        IsValid(name) ? name! : throw new ArgumentException($"'{name}' is not a key name: 1 to {MaxLength} ASCII letters, digits and dashes.", nameof(name));
}
