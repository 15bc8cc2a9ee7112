namespace Byok.Local.Vault;

/// <summary>The JWK key operations that the vault knows (RFC 7517, 4.3, and Key Vault's own <c>import</c>).</summary>
internal static class KeyOperations
{
    internal const string Encrypt = "encrypt";
    internal const string Decrypt = "decrypt";
    internal const string Sign = "sign";
    internal const string Verify = "verify";
    internal const string WrapKey = "wrapKey";
    internal const string UnwrapKey = "unwrapKey";
    internal const string Import = "import";

    /// <summary>What a key allows when nothing else is said, as in Key Vault.</summary>
    internal static IReadOnlyList<string> Default { get; } = [Encrypt, Decrypt, Sign, Verify, WrapKey, UnwrapKey];

    /// <summary>Returns the operations unchanged when an ordinary key may have them.</summary>
    /// <exception cref="ArgumentException">One is unknown, or is <c>import</c>, which only a KEK has.</exception>
    internal static IReadOnlyList<string> Validate(IReadOnlyList<string> operations)
    {
        foreach (var operation in operations)
        {
            if (!Default.Contains(operation))
            {
                throw new ArgumentException($"'{operation}' is not an operation of a key: {string.Join(", ", Default)}.", nameof(operations));
            }
        }

        return [.. operations.Distinct()];
    }
}
