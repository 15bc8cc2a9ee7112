using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Local.Vault;

namespace Byok.Local.VaultEndpoint;

/// <summary>Why a key cannot be used. The vault says only that it cannot; the service tells the reasons apart by inner error codes.</summary>
internal sealed class UnavailableKey(LocalVault vault, TimeProvider time)
{
    /// <summary>Runs a call that uses a key.</summary>
    /// <param name="id">The key.</param>
    /// <param name="operation">What it is used for; a key operation.</param>
    /// <param name="use">The call.</param>
    /// <exception cref="RequestRefusedException">The key cannot be used.</exception>
    internal async Task<T> ExplainAsync<T>(KeyIdentifier id, string operation, Func<Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            return await use().ConfigureAwait(false);
        }
        catch (KeyUnavailableException)
        {
            throw new RequestRefusedException(await FindReasonAsync(id, operation, cancellationToken).ConfigureAwait(false));
        }
    }

    private async Task<VaultError> FindReasonAsync(KeyIdentifier id, string operation, CancellationToken cancellationToken)
    {
        var key = await KeyRequests.FindAsync(vault, id.Name, id.Version, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return !key.Enabled ? VaultError.Forbidden("KeyDisabled", $"Operation {operation} is not allowed: the key is disabled.")
            : !key.Operations.Contains(operation) ? VaultError.Forbidden("KeyOperationForbidden", $"Operation {operation} is not among the operations of this key.")
            : key.NotBefore > now ? VaultError.Forbidden("KeyNotYetValid", $"Operation {operation} is not allowed: the key is not valid yet.")
            : key.ExpiresOn <= now ? VaultError.Forbidden("KeyExpired", $"Operation {operation} is not allowed: the key is expired.")
            : VaultError.KeyNotFound(id.Name, id.Version); // Changed since, or the private part is gone from the token.
    }
}
