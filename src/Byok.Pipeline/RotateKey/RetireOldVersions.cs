using Byok.Client.Keys;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Marks every other version of a key retired: it goes on unwrapping, and protects nothing new.
/// </summary>
public sealed class RetireOldVersions(IKeyVault vault, WrappingKeyRing keys, ILedger ledger) : Activity<RetireOldVersionsInput, RetireOldVersionsResult>
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
                var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.State] = KeyTags.Retired };
                await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Tags = tags }, cancellationToken).ConfigureAwait(false);
                await ledger.AppendAsync(LedgerEvents.KeyRetired(input.OperationId, version.Id, input.TargetId), cancellationToken).ConfigureAwait(false);
            }
        }

        keys.Forget();
        return new RetireOldVersionsResult(old);
    }
}

/// <summary>Which version stays.</summary>
/// <param name="TargetId">The version that protects new blobs.</param>
public sealed record RetireOldVersionsInput(string OperationId, KeyIdentifier TargetId);

/// <summary>The versions that were replaced.</summary>
/// <param name="Ids">All of them that are enabled, oldest first.</param>
public sealed record RetireOldVersionsResult(IReadOnlyList<KeyIdentifier> Ids);
