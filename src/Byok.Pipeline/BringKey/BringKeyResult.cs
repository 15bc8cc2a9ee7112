using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>A key that was brought.</summary>
/// <param name="KeyId">The new version in the vault.</param>
/// <param name="Thumbprint">Its RFC 7638 thumbprint, the same in HSM and vault.</param>
/// <param name="KekId">The one-shot KEK it crossed under; retired.</param>
/// <param name="KekThumbprint">The KEK's RFC 7638 thumbprint.</param>
/// <param name="Approvals">How many approvals went with it.</param>
/// <param name="ExpiresOn">The new version's <c>exp</c>.</param>
/// <param name="Branches">The branches whose keys it unwraps, the current one first.</param>
/// <param name="AttestedBy">Fingerprint of the manufacturer's root that the new version's attestation rests on (SHA-256, hex); null when none was asked for.</param>
public sealed record BringKeyResult(
    KeyIdentifier KeyId, string Thumbprint, string KeyLabel, int SizeInBits, KeyIdentifier KekId, string KekThumbprint,
    string RequestId, int Approvals, DateTimeOffset ExpiresOn, IReadOnlyList<BranchName> Branches, string? AttestedBy = null);
