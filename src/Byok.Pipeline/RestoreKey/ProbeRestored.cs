using System.Security.Cryptography;
using Byok.Client.Branches;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Proves that a restored key unwraps: each version, and the key of each pinned branch by its record. Then the restore is marked
/// as done, unless the key was revoked again meanwhile.
/// </summary>
public sealed class ProbeRestored(IKeyVault vault, BranchKeeper branches, BranchKeyRing ring, ILedger ledger) : Activity<ProbeRestoredInput, ProbeRestoredResult>
{
    public const string Name = "ProbeRestored";

    /// <inheritdoc/>
    /// <exception cref="ServiceUnavailableException">The vault does not unwrap yet.</exception>
    /// <exception cref="OverruledException">The key was revoked since the restore was asked for.</exception>
    public override async Task<ProbeRestoredResult> RunAsync(ProbeRestoredInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ring.Forget();
        RestoreOrders.RequireNewest(await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false), input.Order);
        foreach (var id in input.Versions)
        {
            await ProbeAsync(id, cancellationToken).ConfigureAwait(false);
        }

        var probe = await ProbeBranchesAsync(input, cancellationToken).ConfigureAwait(false);
        await FinishAsync(input, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(LedgerEvents.KeyRestored(input.OperationId, input.KeyName, StateOf(input.Found), input.Versions), cancellationToken).ConfigureAwait(false);
        return probe;
    }

    private static KeyState StateOf(Revocation found) => found switch
    {
        Revocation.Disabled => KeyState.Revoked,
        Revocation.Deleted => KeyState.Deleted,
        _ => KeyState.Purged,
    };

    /// <summary>Marks the versions as given back, and looks once more that they are.</summary>
    private async Task FinishAsync(ProbeRestoredInput input, CancellationToken cancellationToken)
    {
        foreach (var id in input.Versions)
        {
            try
            {
                await vault.OrderAsync(id, input.Order with { Kind = KeyOrderKind.Restored }, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is VaultException or KeyNotFoundInVaultException)
            {
                // No room for a tag: then none says that it was revoked either. Or deleted at this moment, which the look below finds.
            }
        }

        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        RestoreOrders.RequireNewest(life, input.Order);
        if (input.Versions.Except(life.Versions.Where(version => version.Enabled).Select(version => version.Id)).Any())
        {
            throw new ServiceUnavailableException($"The key '{input.KeyName}' was restored, and a version of it is not enabled any more.");
        }
    }

    private async Task ProbeAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        try
        {
            var key = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
            using var secret = BranchKey.Generate();
            var wrapping = secret.WrapWith(id, key.RequirePublicKey());
            CryptographicOperations.ZeroMemory(await vault.UnwrapKeyAsync(id, wrapping.WrappedKey, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is KeyUnavailableException or KeyNotFoundInVaultException)
        {
            throw new ServiceUnavailableException($"The vault does not unwrap with {id} yet, although it is restored: {exception.Message}", exception);
        }
    }

    /// <exception cref="ServiceUnavailableException">A branch that is wrapped by a version that is there does not unwrap yet.</exception>
    private async Task<ProbeRestoredResult> ProbeBranchesAsync(ProbeRestoredInput input, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeWithPublicKeysAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        var (proved, unreadable) = (new List<BranchName>(), new List<BranchName>());
        foreach (var branch in BranchPins.Of(life).All)
        {
            var candidates = await branches.FindCandidatesAsync(life, branch, cancellationToken).ConfigureAwait(false);
            try
            {
                using var key = await candidates.UnwrapAsync(vault.UnwrapKeyAsync, cancellationToken).ConfigureAwait(false);
                proved.Add(branch);
            }
            catch (IntegrityException)
            {
                unreadable.Add(branch); // Its record was altered: the blobs' copies serve.
            }
            catch (KeyUnavailableException exception)
            {
                if (candidates.InOrder.Any(candidate => input.Versions.Contains(candidate.Version)))
                {
                    throw new ServiceUnavailableException($"The key '{input.KeyName}' is restored, and does not unwrap yet: {exception.Message}", exception);
                }

                unreadable.Add(branch);
            }
        }

        return new ProbeRestoredResult(proved, unreadable);
    }
}

/// <summary>What to prove.</summary>
/// <param name="Found">In what way it was revoked.</param>
/// <param name="Versions">The versions that must unwrap.</param>
/// <param name="Order">The order that marks what is given back.</param>
public sealed record ProbeRestoredInput(string OperationId, string KeyName, Revocation Found, IReadOnlyList<KeyIdentifier> Versions, KeyOrder Order);

/// <summary>What the proof found: the pinned branches whose keys unwrap, and those whose records do not serve.</summary>
public sealed record ProbeRestoredResult(IReadOnlyList<BranchName> Branches, IReadOnlyList<BranchName> Unreadable);
