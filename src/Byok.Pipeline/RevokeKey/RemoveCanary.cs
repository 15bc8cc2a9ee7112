using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Removes the canary's blob and key. Where purge protection forbids destroying the key, it stays deleted until the vault does it.</summary>
public sealed class RemoveCanary(IKeyVault vault, StorageAccount storage) : Activity<string, bool>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "RemoveCanary";

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var blob = UploadCanary.BlobNameFor(input);
        foreach (var container in new[] { storage.Uploads, storage.Protected })
        {
            await StorageFailures.TranslateAsync(
                $"{container.Name}/{blob}", () => container.GetBlobClient(blob).DeleteIfExistsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
        }

        try
        {
            await vault.DeleteKeyAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            // Never brought, or deleted by the rehearsal itself.
        }

        try
        {
            await vault.PurgeDeletedKeyAsync(input, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KeyNotFoundInVaultException or VaultException)
        {
            // Nothing there, or purge protection.
        }

        return true;
    }
}
