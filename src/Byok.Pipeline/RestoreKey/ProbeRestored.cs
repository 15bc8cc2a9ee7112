using System.Security.Cryptography;
using Byok.Client.Keys;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Proves that a restored key unwraps: a fresh DEK with each version, and the DEK of a protected blob through the read path. Then the restore is marked
/// as done, unless the key was revoked again meanwhile.
/// </summary>
public sealed class ProbeRestored(IKeyVault vault, WrappingKeyRing keys, DekCache deks, ProtectedBlobReader reader, ILedger ledger) : Activity<ProbeRestoredInput, ProbeRestoredResult>
{
    public const string Name = "ProbeRestored";

    /// <inheritdoc/>
    /// <exception cref="ServiceUnavailableException">The vault does not unwrap yet.</exception>
    /// <exception cref="OverruledException">The key was revoked since the restore was asked for.</exception>
    public override async Task<ProbeRestoredResult> RunAsync(ProbeRestoredInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        keys.Forget();
        deks.Forget();
        RestoreOrders.RequireNewest(await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false), input.Order);
        foreach (var id in input.Versions)
        {
            await ProbeAsync(id, cancellationToken).ConfigureAwait(false);
        }

        var (blob, namesGone) = await ProbeBlobsAsync(input, cancellationToken).ConfigureAwait(false);
        await FinishAsync(input, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(LedgerEvents.KeyRestored(input.OperationId, input.KeyName, StateOf(input.Found), input.Versions), cancellationToken).ConfigureAwait(false);
        return new ProbeRestoredResult(blob, namesGone);
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
                var version = await vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
                await vault.OrderAsync(version, input.Order with { Kind = KeyOrderKind.Restored }, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
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
            using var dek = DataEncryptionKey.Generate();
            var wrapped = dek.WrapWith(key.RequirePublicKey());
            CryptographicOperations.ZeroMemory(await vault.UnwrapKeyAsync(id, wrapped, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is KeyUnavailableException or KeyNotFoundInVaultException)
        {
            throw new ServiceUnavailableException($"The vault does not unwrap with {id} yet, although it is restored: {exception.Message}", exception);
        }
    }

    /// <summary>Opens the first intact blob of the key, and looks whether blobs name versions that the vault does not have.</summary>
    private async Task<(string? Blob, bool NamesGone)> ProbeBlobsAsync(ProbeRestoredInput input, CancellationToken cancellationToken)
    {
        var present = await vault.ListKeyVersionsAsync(input.KeyName, cancellationToken).Select(version => version.Id).ToHashSetAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        string? probed = null;
        var namesGone = false;
        await foreach (var blob in reader.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (!blob.Metadata.TryGetValue(EnvelopeFields.KeyId, out var keyId) || !KeyIdentifier.TryParse(keyId, out var id) || id.Name != input.KeyName)
            {
                continue;
            }

            namesGone |= !present.Contains(id);
            probed ??= await CanOpenAsync(blob.Name, cancellationToken).ConfigureAwait(false) ? blob.Name : null;
            if (probed is not null && (namesGone || input.Found != Revocation.Purged))
            {
                break;
            }
        }

        return (probed, namesGone);
    }

    private async Task<bool> CanOpenAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var opened = await reader.OpenAsync(name, DekSource.Vault, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is EnvelopeException or KeyUnavailableException or BlobNotFoundException)
        {
            return false; // damaged, or of a version that stays disabled: the next one proves it
        }
    }
}

/// <summary>What to prove.</summary>
/// <param name="Found">In what way it was revoked.</param>
/// <param name="Versions">The versions that must unwrap.</param>
/// <param name="Order">The order that marks what is given back.</param>
public sealed record ProbeRestoredInput(string OperationId, string KeyName, Revocation Found, IReadOnlyList<KeyIdentifier> Versions, KeyOrder Order);

/// <summary>What the proof found.</summary>
/// <param name="Blob">The blob whose DEK was unwrapped; null when the key protects none.</param>
/// <param name="NamesVersionsThatAreGone">Whether blobs name version ids that the vault does not have.</param>
public sealed record ProbeRestoredResult(string? Blob, bool NamesVersionsThatAreGone);
