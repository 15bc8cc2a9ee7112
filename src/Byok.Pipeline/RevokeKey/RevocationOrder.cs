using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What the vault was told.</summary>
/// <param name="OrderedOn">When the revocation was asked for: what other orders on the key are older or newer than.</param>
/// <param name="On">When this order was given: the moment before the first call that changed something.</param>
/// <param name="Probes">What to probe the versions with that this order took first.</param>
/// <param name="Again">Versions of earlier orders that were enabled again, and were taken once more.</param>
/// <param name="Refusal">Why there was nothing to take away; null when there was. The order stands all the same, before any restore that was asked for earlier.</param>
public sealed record RevocationOrder(
    DateTimeOffset OrderedOn, DateTimeOffset On, IReadOnlyList<RevocationProbe> Probes, IReadOnlyList<KeyIdentifier> Again, KeyRefusal? Refusal = null)
{
    /// <summary>The versions that this order took.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<KeyIdentifier> Versions => [.. Probes.Select(probe => probe.KeyId), .. Again];
}
