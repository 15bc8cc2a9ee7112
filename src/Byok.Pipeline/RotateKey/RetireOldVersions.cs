using Byok.Client.Branches;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Marks every other version of a key retired: it goes on unwrapping, and protects nothing new.
/// </summary>
public sealed class RetireOldVersions(IKeyVault vault, BranchKeyRing branches, ILedger ledger) : Activity<RetireOldVersionsInput, RetireOldVersionsResult>
{
    public const string Name = "RetireOldVersions";

    /// <inheritdoc/>
    /// <returns>All other versions that are enabled, those that an earlier rotation retired included.</returns>
    /// <exception cref="KeyUnavailableException">The key was revoked since the rotation began.</exception>
    public override async Task<RetireOldVersionsResult> RunAsync(RetireOldVersionsInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.TargetId.Name, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Rotate);
        var old = new List<KeyIdentifier>();
        foreach (var version in WrappingKeyPolicy.ReplacedBy(input.TargetId, life.Versions))
        {
            old.Add(version.Id);
            if (WrappingKeyPolicy.IsActive(version))
            {
                // Recorded first: a repeat would not find it active any more.
                await ledger.AppendAsync(LedgerEvents.KeyRetired(input.OperationId, version.Id, input.TargetId), cancellationToken).ConfigureAwait(false);
                await vault.WriteTagsAsync(version.Id, _ => new Dictionary<string, string?> { [KeyTags.State] = KeyTags.Retired }, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
            }
        }

        branches.Forget();
        return new RetireOldVersionsResult(old, BranchPins.Of(life).All);
    }
}

/// <summary>Which version stays.</summary>
/// <param name="TargetId">The version that protects new blobs.</param>
public sealed record RetireOldVersionsInput(string OperationId, KeyIdentifier TargetId);

/// <summary>The versions that were replaced, and the branches that are pinned now.</summary>
/// <param name="Ids">The versions.</param>
/// <param name="Branches">The branches, the current one first.</param>
public sealed record RetireOldVersionsResult(IReadOnlyList<KeyIdentifier> Ids, IReadOnlyList<BranchName> Branches);
