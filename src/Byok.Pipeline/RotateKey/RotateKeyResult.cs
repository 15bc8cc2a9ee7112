using Byok.Core.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>A rotation that came to its end.</summary>
/// <param name="KeyId">The version that protects the key's blobs now.</param>
/// <param name="Thumbprint">Its RFC 7638 thumbprint.</param>
/// <param name="Rewrapped">Blobs that were moved to it.</param>
/// <param name="Passes">Passes over all blobs, the last one the proof that nothing is left.</param>
/// <param name="Disabled">Old versions that are disabled now.</param>
/// <param name="KeptEnabled">Old versions that stay enabled because blobs that could not be moved need them.</param>
/// <param name="LeftBehind">How many blobs could not be moved.</param>
/// <param name="Unmovable">The first of them, with the reason.</param>
/// <param name="StartedOn">When the rotation began.</param>
public sealed record RotateKeyResult(
    KeyIdentifier KeyId, string Thumbprint, long Rewrapped, int Passes, IReadOnlyList<KeyIdentifier> Disabled,
    IReadOnlyList<KeyIdentifier> KeptEnabled, long LeftBehind, IReadOnlyList<UnmovableBlob> Unmovable,
    DateTimeOffset StartedOn, DateTimeOffset EndedOn);
