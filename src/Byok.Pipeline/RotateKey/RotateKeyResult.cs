using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Pipeline.MoveBlobs;

namespace Byok.Pipeline.RotateKey;

/// <summary>A rotation that came to its end.</summary>
/// <param name="KeyId">The version that protects the key's branches now.</param>
/// <param name="Thumbprint">Its RFC 7638 thumbprint.</param>
/// <param name="Branches">The pinned branches, all of them wrapped by it, the current one first.</param>
/// <param name="Reencrypted">Blobs that were encrypted anew.</param>
/// <param name="Disabled">Old versions that are disabled now.</param>
/// <param name="Kept">Old versions that stay enabled.</param>
/// <param name="LeftBehind">How many blobs could not be encrypted anew.</param>
/// <param name="Unmovable">The first of them, with the reason.</param>
/// <param name="StartedOn">When the rotation began.</param>
/// <param name="EndedOn">When it ended.</param>
public sealed record RotateKeyResult(
    KeyIdentifier KeyId, string Thumbprint, IReadOnlyList<BranchName> Branches, long Reencrypted, IReadOnlyList<KeyIdentifier> Disabled,
    IReadOnlyList<KeptVersion> Kept, long LeftBehind, IReadOnlyList<UnmovableBlob> Unmovable, DateTimeOffset StartedOn, DateTimeOffset EndedOn);
