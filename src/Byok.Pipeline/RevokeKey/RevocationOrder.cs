using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What the vault was told.</summary>
/// <param name="On">When: the moment before the first call to it.</param>
/// <param name="Versions">The versions that were taken away, those included that were brought after the probes were prepared.</param>
public sealed record RevocationOrder(DateTimeOffset On, IReadOnlyList<KeyIdentifier> Versions);
