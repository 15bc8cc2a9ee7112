using Byok.Client.Reading;
using Byok.Client.Records;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Storage;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Removes the canary's blob and key. Where purge protection forbids destroying the key, it stays deleted until the vault does it.</summary>
public sealed class RemoveCanary(IKeyVault vault, StorageAccount storage, ProtectedBlobReader reader, BlobRecords records) : Activity<string, bool>
{
    public const string Name = "RemoveCanary";

    public override async Task<bool> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var blob = UploadCanary.BlobNameFor(input);
        await RecordDeletionAsync(input, blob, cancellationToken).ConfigureAwait(false);
        await storage.Uploads.DeleteAsync(blob, etag: null, cancellationToken).ConfigureAwait(false);
        await storage.Protected.DeleteAsync(blob, etag: null, cancellationToken).ConfigureAwait(false);
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

    private async Task RecordDeletionAsync(string keyName, string blob, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await reader.DescribeAsync(blob, cancellationToken).ConfigureAwait(false);
            var state = BlobState.Of(EnvelopeHeader.Parse(stored.Metadata, blob));
            await records.DeleteAsync(keyName, blob, state, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BlobNotFoundException or EnvelopeException)
        {
            // Never protected, deleted before, or replaced by something that is no blob of ours.
        }
    }
}
