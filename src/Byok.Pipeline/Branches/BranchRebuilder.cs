using System.Security.Cryptography;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.Branches;

/// <summary>
/// Makes the records of pinned branches anew from the copies in their blobs' metadata. Nothing of a copy is believed: what it unwraps to has to be the pinned branch's key.
/// </summary>
public sealed class BranchRebuilder(IKeyVault vault, StorageAccount storage, BranchKeeper branches, OperationClaims claims, ILedger ledger)
{
    /// <summary>Most copies of one branch that are tried: whoever may write storage can make any number of them.</summary>
    private const int MaxCopies = 16;

    /// <summary>Makes the records anew that do not serve.</summary>
    /// <param name="operationId">Names the run in the ledger.</param>
    /// <param name="keyName">The key.</param>
    /// <param name="mayEnable">Disabled versions that may be enabled while this runs.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KeyUnavailableException">The key is revoked, or no branch of it is pinned.</exception>
    /// <exception cref="OperationInProgressException">Another operation changes the key.</exception>
    public async Task<RebuildResult> RunAsync(string operationId, string keyName, IReadOnlyCollection<KeyIdentifier> mayEnable, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mayEnable);
        await claims.ClaimAsync(keyName, operationId, cancellationToken).ConfigureAwait(false);
        try
        {
            return await RebuildAsync(operationId, keyName, mayEnable, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await claims.ReleaseAsync(keyName, operationId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<RebuildResult> RebuildAsync(string operationId, string keyName, IReadOnlyCollection<KeyIdentifier> mayEnable, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeWithPublicKeysAsync(keyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Protect);
        var (good, rebuilt, lost, needed) = (new List<BranchName>(), new List<BranchName>(), new List<BranchName>(), new HashSet<KeyIdentifier>());
        IReadOnlyDictionary<BranchName, List<BranchWrapping>>? copies = null;
        foreach (var branch in BranchPins.Of(life).All)
        {
            if (await IsServedAsync(life, branch, cancellationToken).ConfigureAwait(false))
            {
                good.Add(branch);
                continue;
            }

            copies ??= await FindCopiesAsync(keyName, cancellationToken).ConfigureAwait(false);
            using var key = await OpenAsync(life, branch, copies.GetValueOrDefault(branch) ?? [], mayEnable, needed, cancellationToken).ConfigureAwait(false);
            if (key is null)
            {
                lost.Add(branch);
                continue;
            }

            foreach (var version in life.Versions.Where(version => version.Enabled && WrappingKeyPolicy.IsInUse(version)))
            {
                await branches.WrapAndProveAsync(key, version, cancellationToken).ConfigureAwait(false);
            }

            rebuilt.Add(branch);
            await ledger.AppendAsync(LedgerEvents.BranchRebuilt(operationId, keyName, branch), cancellationToken).ConfigureAwait(false);
        }

        return new RebuildResult(good, rebuilt, lost, [.. needed]);
    }

    private async Task<bool> IsServedAsync(KeyLife life, BranchName branch, CancellationToken cancellationToken)
    {
        var enabled = life with { Versions = [.. life.Versions.Where(version => version.Enabled || !WrappingKeyPolicy.IsInUse(version))] };
        try
        {
            using var key = await branches.OpenAsync(enabled, branch, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is KeyUnavailableException or IntegrityException)
        {
            return false;
        }
    }

    private async Task<Dictionary<BranchName, List<BranchWrapping>>> FindCopiesAsync(string keyName, CancellationToken cancellationToken)
    {
        var copies = new Dictionary<BranchName, List<BranchWrapping>>();
        await foreach (var blob in storage.Protected.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
                if (header.Wrapping.KeyId.Name == keyName)
                {
                    var known = copies.TryGetValue(header.Branch, out var list) ? list : copies[header.Branch] = [];
                    if (known.Count < MaxCopies && !known.Contains(header.Wrapping))
                    {
                        known.Add(header.Wrapping);
                    }
                }
            }
            catch (EnvelopeException)
            {
                // It has no copy that could be read.
            }
        }

        return copies;
    }

    /// <returns>Null when no copy serves; the disabled versions that might unwrap one are added to those needed.</returns>
    private async Task<BranchKey?> OpenAsync(
        KeyLife life, BranchName branch, List<BranchWrapping> copies, IReadOnlyCollection<KeyIdentifier> mayEnable, HashSet<KeyIdentifier> needed, CancellationToken cancellationToken)
    {
        foreach (var copy in copies)
        {
            foreach (var listed in life.Versions.Where(WrappingKeyPolicy.IsProved))
            {
                var version = await vault.GetKeyAsync(listed.Id.Name, listed.Id.Version, cancellationToken).ConfigureAwait(false);
                if (version.PublicKey?.Thumbprint != copy.KeyThumbprint)
                {
                    continue;
                }

                if (!version.Enabled && !mayEnable.Contains(version.Id))
                {
                    needed.Add(version.Id);
                    continue;
                }

                if (await UnwrapAsync(version, branch, copy, cancellationToken).ConfigureAwait(false) is { } key)
                {
                    return key;
                }
            }
        }

        return null;
    }

    private async Task<BranchKey?> UnwrapAsync(VaultKey version, BranchName branch, BranchWrapping copy, CancellationToken cancellationToken)
    {
        if (!version.Enabled)
        {
            (await vault.ReadLifeAsync(version.Id.Name, cancellationToken).ConfigureAwait(false)).Require(KeyOperation.Protect); // It may have been revoked meanwhile.
        }

        byte[] unwrapped = [];
        try
        {
            await SetEnabledAsync(version, true, cancellationToken).ConfigureAwait(false);
            unwrapped = await vault.UnwrapKeyAsync(version.Id, copy.WrappedKey, cancellationToken).ConfigureAwait(false);
            return BranchKey.FromUnwrapped(unwrapped, branch);
        }
        catch (Exception exception) when (exception is IntegrityException or KeyUnavailableException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(unwrapped);
            await SetEnabledAsync(version, false, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Changes only a version that was disabled when this began.</summary>
    private Task SetEnabledAsync(VaultKey version, bool enabled, CancellationToken cancellationToken) => version.Enabled
        ? Task.CompletedTask
        : vault.WriteTagsAsync(version.Id, _ => new Dictionary<string, string?>(), new KeyAttributes { Enabled = enabled }, cancellationToken);
}

/// <summary>What became of the records of a key's pinned branches.</summary>
/// <param name="Good">Branches whose records serve.</param>
/// <param name="Rebuilt">Branches whose records were made anew.</param>
/// <param name="Lost">Branches of which no copy unwraps.</param>
/// <param name="Needed">Disabled versions that might unwrap those.</param>
public sealed record RebuildResult(
    IReadOnlyList<BranchName> Good, IReadOnlyList<BranchName> Rebuilt, IReadOnlyList<BranchName> Lost, IReadOnlyList<KeyIdentifier> Needed);
