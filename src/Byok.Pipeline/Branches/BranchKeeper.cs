using System.Security.Cryptography;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline.Branches;

/// <summary>Opens branch keys from their records, and wraps them under further versions. No branch key outlives the activity that asked for it.</summary>
public sealed class BranchKeeper(IKeyVault vault, BranchRecords records)
{
    /// <summary>The records.</summary>
    public BranchRecords Records => records;

    /// <summary>A pinned branch's key, by its record. The caller disposes of it.</summary>
    /// <param name="life">The key, with its versions' public parts; only what it holds is used.</param>
    /// <param name="branch">The branch.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="KeyUnavailableException">No version in use unwraps what the record holds.</exception>
    /// <exception cref="IntegrityException">The record was altered.</exception>
    public async Task<BranchKey> OpenAsync(KeyLife life, BranchName branch, CancellationToken cancellationToken)
    {
        var candidates = await FindCandidatesAsync(life, branch, cancellationToken).ConfigureAwait(false);
        return await candidates.UnwrapAsync(vault.UnwrapKeyAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What of a pinned branch's record may be unwrapped.</summary>
    public async Task<BranchCandidates> FindCandidatesAsync(KeyLife life, BranchName branch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(life);
        var record = await FindRecordAsync(life.Name, branch, cancellationToken).ConfigureAwait(false);
        return BranchCandidates.Of(life, branch, copy: null, record, new AcceptedKeys([life.Name]));
    }

    /// <summary>Wraps a branch key under a version, has the vault unwrap that and compares, and only then adds it to the branch's record.</summary>
    /// <exception cref="VaultException">What the version wraps does not unwrap to the same bytes.</exception>
    public async Task WrapAndProveAsync(BranchKey key, VaultKey version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(version);
        var wrapping = key.WrapWith(version.Id, version.RequirePublicKey());
        byte[] unwrapped = [];
        try
        {
            unwrapped = await vault.UnwrapKeyAsync(version.Id, wrapping.WrappedKey, cancellationToken).ConfigureAwait(false);
            using var proved = BranchKey.FromUnwrapped(unwrapped, key.Name);
        }
        catch (IntegrityException exception)
        {
            throw new VaultException($"The key {version.Id} failed its proof: what it wraps does not unwrap to the same bytes. It is not put in use.", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(unwrapped);
        }

        await records.AddAsync(version.Id.Name, key.Name, wrapping, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A branch's record; null when there is none, or none that says anything.</summary>
    public async Task<BranchRecord?> FindRecordAsync(string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        try
        {
            return await records.FindAsync(keyName, branch, cancellationToken).ConfigureAwait(false);
        }
        catch (MalformedBranchRecordException)
        {
            return null;
        }
    }
}
