using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Local.Vault;

namespace Byok.Local.VaultEndpoint;

/// <summary>Deleting, recovering and purging keys. Each is complete when it is answered, so a client that polls finds it done at once.</summary>
internal sealed class DeletedKeyRequests(LocalVault vault)
{
    internal async Task<Answer> DeleteAsync(VaultRequest request, string name)
    {
        KeyRequests.RequireName(name);
        try
        {
            return Answer.Ok(KeyJson.DeletedBundle(await vault.DeleteKeyAsync(name, request.Aborted).ConfigureAwait(false)));
        }
        catch (KeyNotFoundInVaultException)
        {
            throw new RequestRefusedException(VaultError.KeyNotFound(name, null));
        }
    }

    internal async Task<Answer> GetAsync(VaultRequest request, string name) =>
        Answer.Ok(KeyJson.DeletedBundle(await FindAsync(name, request.Aborted).ConfigureAwait(false)));

    internal async Task<Answer> ListAsync(VaultRequest request)
    {
        var page = ListPage.Read(request.Query);
        var deleted = await vault.ListDeletedKeysAsync(request.Aborted).ToListAsync(request.Aborted).ConfigureAwait(false);
        return Answer.Ok(page.Take(
            deleted, item => item.Key.Id.Name, KeyJson.DeletedItem, new Uri(vault.VaultUri, "deletedkeys").ToString(), request.ApiVersion));
    }

    internal async Task<Answer> RecoverAsync(VaultRequest request, string name)
    {
        KeyRequests.RequireName(name);
        try
        {
            return Answer.Ok(KeyJson.Bundle(await vault.RecoverDeletedKeyAsync(name, request.Aborted).ConfigureAwait(false)));
        }
        catch (KeyNotFoundInVaultException)
        {
            throw new RequestRefusedException(VaultError.DeletedKeyNotFound(name));
        }
    }

    internal async Task<Answer> PurgeAsync(VaultRequest request, string name)
    {
        var deleted = await FindAsync(name, request.Aborted).ConfigureAwait(false);
        if (deleted.Key.IsPurgeProtected)
        {
            throw new RequestRefusedException(new VaultError(
                403, "Forbidden", $"This vault has purge protection: it purges the deleted key '{name}' by itself on {deleted.ScheduledPurgeOn:u}, and not before."));
        }

        try
        {
            await vault.PurgeDeletedKeyAsync(name, request.Aborted).ConfigureAwait(false);
            return Answer.NoContent;
        }
        catch (KeyNotFoundInVaultException)
        {
            throw new RequestRefusedException(VaultError.DeletedKeyNotFound(name));
        }
    }

    private async Task<DeletedVaultKey> FindAsync(string name, CancellationToken cancellationToken)
    {
        KeyRequests.RequireName(name);
        return await vault.ListDeletedKeysAsync(cancellationToken).FirstOrDefaultAsync(item => item.Key.Id.Name == name, cancellationToken).ConfigureAwait(false)
            ?? throw new RequestRefusedException(VaultError.DeletedKeyNotFound(name));
    }
}
