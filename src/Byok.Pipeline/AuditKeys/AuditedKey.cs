using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Pipeline.AuditKeys;

/// <summary>A wrapping key as the audit saw it.</summary>
/// <param name="Name">Its name in the vault.</param>
/// <param name="Versions">Its versions, oldest first.</param>
public sealed record AuditedKey(string Name, IReadOnlyList<AuditedVersion> Versions)
{
    /// <summary>Its pinned branches, the current one first.</summary>
    public IReadOnlyList<AuditedBranch> Branches { get; init; } = [];
}

/// <summary>A pinned branch as the audit saw it.</summary>
/// <param name="Branch">Its name.</param>
/// <param name="IsCurrent">Whether new blobs are written under it; else it is sealed.</param>
/// <param name="ProvedUnder">The enabled version under which its record's wrapping was unwrapped; null when there is none.</param>
public sealed record AuditedBranch(BranchName Branch, bool IsCurrent, KeyIdentifier? ProvedUnder);

/// <summary>A version of a wrapping key as the audit saw it.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="State"><c>active</c>, <c>retired</c>, <c>pending</c>, <c>disabled</c> or <c>not brought</c>.</param>
/// <param name="KeyType">JWK key type.</param>
/// <param name="SizeInBits">Its size; null when it is not RSA.</param>
/// <param name="Thumbprint">Its RFC 7638 thumbprint; null when it is not RSA.</param>
/// <param name="Label">Label of the master key in the HSM; null when it was not brought.</param>
/// <param name="IsInHsm">Whether the HSM holds the same key; null when the HSM did not answer.</param>
/// <param name="CreatedOn">When it was imported.</param>
/// <param name="ExpiresOn">Its <c>exp</c>.</param>
public sealed record AuditedVersion(
    KeyIdentifier Id, string State, string KeyType, int? SizeInBits, string? Thumbprint, string? Label, bool? IsInHsm,
    DateTimeOffset CreatedOn, DateTimeOffset? ExpiresOn);
