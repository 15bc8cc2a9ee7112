using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Marks every other version of a key retired: it goes on unwrapping, and protects nothing new. A key that was revoked while its new version
/// was brought does not come back by that version: the revocation takes it too.
/// </summary>
public sealed class RetireOldVersions(IKeyVault vault, WrappingKeyRing keys, ILedger ledger) : Activity<RetireInput, RetiredVersions>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "RetireOldVersions";

    /// <inheritdoc/>
    /// <returns>All other versions that are enabled, those that an earlier rotation retired included.</returns>
    /// <exception cref="KeyUnavailableException">The key was revoked since the rotation began.</exception>
    public override async Task<RetiredVersions> RunAsync(RetireInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var versions = await vault.ListKeyVersionsAsync(input.TargetId.Name, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (versions.Find(version => version.Id == input.From && !version.Enabled)?.Tags.GetValueOrDefault(KeyTags.Revoked) is { } revocation)
        {
            await RevokeTargetAsync(versions.Find(version => version.Id == input.TargetId), revocation, cancellationToken).ConfigureAwait(false);
            throw new KeyUnavailableException(
                $"The key '{input.TargetId.Name}' was revoked while it was rotated, and its new version with it; restore it first, then rotate again.");
        }

        var old = new List<KeyIdentifier>();
        foreach (var version in versions)
        {
            var state = version.Tags.GetValueOrDefault(KeyTags.State);
            if (version.Id == input.TargetId || !version.Enabled || state is not (KeyTags.Active or KeyTags.Retired))
            {
                continue;
            }

            old.Add(version.Id);
            if (state == KeyTags.Active)
            {
                var tags = new Dictionary<string, string>(version.Tags) { [KeyTags.State] = KeyTags.Retired };
                await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Tags = tags }, cancellationToken).ConfigureAwait(false);
                await ledger.AppendAsync(
                    new LedgerEvent
                    {
                        EventId = $"{input.OperationId}/key.retired/{version.Id.Version}",
                        Kind = "key.retired",
                        Subject = version.Id.ToString(),
                        CorrelationId = input.OperationId,
                        Details = new Dictionary<string, string> { ["successor"] = input.TargetId.ToString() },
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }

        keys.Forget();
        return new RetiredVersions(old);
    }

    /// <summary>With the revocation's own mark, so that the restore enables it with the others.</summary>
    private async Task RevokeTargetAsync(VaultKey? target, string revocation, CancellationToken cancellationToken)
    {
        if (target is { Enabled: true })
        {
            var tags = new Dictionary<string, string>(target.Tags) { [KeyTags.Revoked] = revocation };
            await vault.UpdateKeyAsync(target.Id, new KeyAttributes { Enabled = false, Tags = tags }, cancellationToken).ConfigureAwait(false);
        }

        keys.Forget();
    }
}

/// <summary>Which version stays.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="TargetId">The version that protects new blobs.</param>
/// <param name="From">The version that protected new blobs when the rotation began; null in rotations that began before this was recorded.</param>
public sealed record RetireInput(string OperationId, KeyIdentifier TargetId, KeyIdentifier? From = null);

/// <summary>The versions that were replaced.</summary>
/// <param name="Ids">All of them that are enabled, oldest first.</param>
public sealed record RetiredVersions(IReadOnlyList<KeyIdentifier> Ids);
