using System.Runtime.CompilerServices;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Local.Vault;

/// <content>Soft-delete, recovery, purge, and what a dead process left behind.</content>
public sealed partial class LocalVault
{
    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            connection =>
            {
                var newest = RequireAlive(connection.Find(KeyName.Validate(name), null), name, null);
                var deletedOn = Now;
                var purgeOn = deletedOn.AddDays(_options.RecoverableDays);
                connection.MarkDeleted(name, deletedOn, purgeOn);
                return Task.FromResult(new DeletedVaultKey(newest.ToVaultKey(_options), deletedOn, purgeOn));
            },
            cancellationToken);

    public async IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var version in _database.Read(connection => connection.ListNewest(deleted: true)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new DeletedVaultKey(version.ToVaultKey(_options), version.DeletedOn!.Value, version.ScheduledPurgeOn!.Value);
        }
    }

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            connection =>
            {
                var newest = RequireDeleted(connection.Find(KeyName.Validate(name), null), name);
                connection.MarkDeleted(name, null, null);
                return Task.FromResult((newest with { DeletedOn = null, ScheduledPurgeOn = null }).ToVaultKey(_options));
            },
            cancellationToken);

    public async Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken)
    {
        var versions = await _database.WriteAsync(
            connection =>
            {
                _ = RequireDeleted(connection.Find(KeyName.Validate(name), null), name);
                return _options.PurgeProtection
                    ? throw new VaultException($"The vault {VaultUri.Host} has purge protection: the deleted key '{name}' cannot be purged before its time.")
                    : Task.FromResult(connection.Remove(name));
            },
            cancellationToken).ConfigureAwait(false);

        // The rows are gone for good before the objects are: a crash in between leaves orphans, which the next start destroys.
        await _database.WriteAsync(
            async _ =>
            {
                foreach (var version in versions)
                {
                    await _token.DestroyAsync(Convert.FromHexString(version), CancellationToken.None).ConfigureAwait(false);
                }

                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    private StoredVersion RequireDeleted(StoredVersion? stored, string name) => stored is { DeletedOn: not null }
        ? stored
        : throw new KeyNotFoundInVaultException($"The vault {VaultUri.Host} holds no deleted key '{name}'.");

    private Task<bool> ClearUpAsync(CancellationToken cancellationToken) =>
        _database.WriteAsync(
            async connection =>
            {
                foreach (var name in connection.ListOverdue(Now))
                {
                    connection.Remove(name);
                }

                var known = connection.ListAllVersions();
                var present = await _token.ListIdsAsync(cancellationToken).ConfigureAwait(false);
                var missing = known.FindAll(version => !present.Contains(version.Version));
                if (_options.ForgetsMissingKeys)
                {
                    missing.ForEach(connection.Remove);
                }
                else
                {
                    RefuseMissing(missing.FindAll(version => version.DeletedOn is null));
                }

                foreach (var orphan in present.Except(known.Select(version => version.Version)))
                {
                    await _token.DestroyAsync(Convert.FromHexString(orphan), cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);

    /// <summary>The token is always written before the database, so what it lacks was lost. Keys in use are not taken for purged ones in silence.</summary>
    private void RefuseMissing(List<StoredVersion> missing)
    {
        if (missing.Count > 0)
        {
            const int told = 5;
            var names = string.Join(", ", missing.Take(told).Select(version => $"{version.Name}/{version.Version}")) + (missing.Count > told ? ", ..." : string.Empty);
            throw new ConfigurationException(
                $"The token '{_token.Name}' (serial number {_token.SerialNumber}) lacks {missing.Count} of the key versions that the vault's database lists ({names}); {_options.WayBackOfMissingKeys}.");
        }
    }

    /// <summary>Takes back what was made in the token for a write that failed. When that fails too, the next start does it.</summary>
    private async Task TryDestroyAsync(byte[] id)
    {
        try
        {
            await _token.DestroyAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (HsmException)
        {
            // The failure that led here is the one to report.
        }
    }
}
