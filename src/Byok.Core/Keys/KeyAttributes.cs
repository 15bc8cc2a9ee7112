namespace Byok.Core.Keys;

/// <summary>What may be set on a key version when it is imported or updated. Null leaves a value as it is.</summary>
public sealed record KeyAttributes
{
    /// <summary>Whether the version may be used.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The <c>nbf</c> attribute.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>The <c>exp</c> attribute.</summary>
    public DateTimeOffset? ExpiresOn { get; init; }

    /// <summary>JWK key operations that the version allows.</summary>
    public IReadOnlyList<string>? Operations { get; init; }

    /// <summary>The version's tags, all of them.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}
