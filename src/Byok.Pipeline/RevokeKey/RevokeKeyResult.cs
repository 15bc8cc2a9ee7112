using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>A key that was taken away, and the proof that the vault refuses it.</summary>
/// <param name="KeyName">The key that was revoked: the canary's name in a rehearsal.</param>
/// <param name="Rehearsal">Whether this was a rehearsal.</param>
/// <param name="Versions">The versions that were taken away: all that a restore gives back, and those that were not proved yet.</param>
/// <param name="OrderedOn">When the vault was told of the last version that was new to it; the seconds count from here.</param>
/// <param name="LastUnwrapAfterSeconds">How long after the order the last unwrap still succeeded; null when none did.</param>
/// <param name="RefusedAfterSeconds">How long after the order the vault was first seen to refuse for good.</param>
/// <param name="Probes">Unwraps that were tried.</param>
/// <param name="CanaryWasUnreadable">In a rehearsal, whether reading the canary blob failed as it must; null otherwise.</param>
public sealed record RevokeKeyResult(
    string KeyName, RevocationMode Mode, bool Rehearsal, IReadOnlyList<KeyIdentifier> Versions, DateTimeOffset OrderedOn,
    double? LastUnwrapAfterSeconds, double RefusedAfterSeconds, int Probes, bool? CanaryWasUnreadable);

/// <summary>Where a revocation stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="Probes">Unwraps that were tried since the order.</param>
/// <param name="LastUnwrapAfterSeconds">How long after the order the last unwrap still succeeded; null when none did.</param>
/// <param name="Mode">How the key is taken away.</param>
public sealed record RevokeKeyProgress(string Stage, int Probes, double? LastUnwrapAfterSeconds, RevocationMode Mode = RevocationMode.Disable);
