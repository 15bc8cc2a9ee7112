using System.Runtime.ExceptionServices;
using Byok.Client.Branches;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>
/// Tells the vault, by a fresh listing each time: whatever is enabled is disabled, whoever enabled it. It asks for no claim, and disables before it marks:
/// neither another operation nor tags, and the ledger only afterwards, can keep it from its work. A restore that was asked for later ends it.
/// </summary>
public sealed class OrderRevocation(IKeyVault vault, BranchKeyRing ring, TimeProvider time) : Activity<OrderRevocationInput, RevocationOrder>
{
    public const string Name = "OrderRevocation";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">There is no such key.</exception>
    /// <exception cref="OverruledException">The key was restored meanwhile.</exception>
    public override async Task<RevocationOrder> RunAsync(OrderRevocationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        var isOwn = input.Taken is not null || life.NewestOrder?.OperationId == input.OperationId;
        var refusal = isOwn ? null : KeyLifecycle.Refusal(life.State, input.Mode == RevocationMode.Delete ? KeyOperation.Delete : KeyOperation.Disable);
        if (refusal is { Kind: KeyRefusalKind.Unavailable })
        {
            throw refusal.ToException(input.KeyName);
        }

        var order = new KeyOrder(KeyOrderKind.Revoked, input.OrderedOn ?? life.NextOrderOn(time.GetUtcNow()), input.OperationId);
        if (life.NewestOrder is { GivesBack: true } newest && newest.On > order.On)
        {
            throw new OverruledException(
                $"The key '{input.KeyName}' was restored meanwhile, by '{newest.OperationId}': this revocation ends, and the key is in use. Revoke it again to take it away.");
        }

        var on = time.GetUtcNow();
        try
        {
            await DisableAsync(life, input.Mode, cancellationToken).ConfigureAwait(false);
            var taken = input.Taken ?? [];
            var probes = new List<RevocationProbe>();
            var again = new List<KeyIdentifier>();
            foreach (var listed in life.Versions.Where(version => version.Enabled || taken.Contains(version.Id) || WrappingKeyPolicy.IsInUse(version)))
            {
                var version = await MarkAsync(listed, order, cancellationToken).ConfigureAwait(false);
                if (!taken.Contains(listed.Id))
                {
                    probes.Add(new RevocationProbe(listed.Id, MakeProbe(version)));
                }
                else if (listed.Enabled)
                {
                    again.Add(listed.Id);
                }
            }

            // The first order disables, and prepares the probes, which a deleted key would not give; the second deletes, a moment later.
            if (input is { Mode: RevocationMode.Delete, Taken: not null } && life.Versions.Count > 0)
            {
                await DeleteAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
            }

            return new RevocationOrder(order.On, on, probes, again, refusal);
        }
        finally
        {
            ring.Forget();
        }
    }

    /// <summary>Disables every enabled version that the vault lets it, and fails only then, so that one does not keep the others in use.</summary>
    private async Task DisableAsync(KeyLife life, RevocationMode mode, CancellationToken cancellationToken)
    {
        ExceptionDispatchInfo? failure = null;
        foreach (var version in life.Versions.Where(version => version.Enabled))
        {
            try
            {
                await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Enabled = false }, cancellationToken).ConfigureAwait(false);
            }
            catch (KeyNotFoundInVaultException)
            {
                // Somebody deleted it meanwhile.
            }
            catch (PermanentByokException) when (mode == RevocationMode.Delete)
            {
                // Then deleting has to do.
            }
            catch (ByokException exception)
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        failure?.Throw();
    }

    /// <returns>The version with its public part, where the vault gives it.</returns>
    private async Task<VaultKey> MarkAsync(VaultKey listed, KeyOrder order, CancellationToken cancellationToken)
    {
        var version = listed;
        try
        {
            if (listed.PublicKey is null || KeyOrder.Of(listed) is not { } mark || mark.On < order.On)
            {
                version = await vault.GetKeyAsync(listed.Id.Name, listed.Id.Version, cancellationToken).ConfigureAwait(false);
                await vault.OrderAsync(version.Id, order, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (PermanentByokException)
        {
            // It is disabled, or gone. Without a mark the state follows from that, and a restore gives back what is in use.
        }

        return version;
    }

    /// <summary>Something of its own to unwrap: what records hold may be altered, and would end the probing.</summary>
    private static byte[]? MakeProbe(VaultKey version)
    {
        if (version.PublicKey is not { SizeInBits: 2048 or 3072 or 4096 } publicKey)
        {
            return null;
        }

        using var secret = BranchKey.Generate();
        return secret.WrapWith(version.Id, publicKey).WrappedKey.ToArray();
    }

    private async Task DeleteAsync(string keyName, CancellationToken cancellationToken)
    {
        try
        {
            await vault.DeleteKeyAsync(keyName, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            // An earlier run of this activity deleted it.
        }
    }
}
