using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>
/// Proves that an imported version is the HSM's key and fit for use (same public key, in the vault's HSM, not exportable, with expiry,
/// a wrap and unwrap round trip), and only then marks it active. A key that was revoked meanwhile does not come back by it: whoever revokes lists after
/// disabling, and this looks after activating, so that one of the two sees the other.
/// </summary>
public sealed class ActivateKey(IKeyVault vault, ILedger ledger) : Activity<ActivateKeyInput, bool>
{
    public const string Name = "ActivateKey";

    /// <inheritdoc/>
    /// <exception cref="VaultException">A proof failed.</exception>
    /// <exception cref="KeyUnavailableException">The key was revoked since the bring began.</exception>
    public override async Task<bool> RunAsync(ActivateKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await vault.RequireUnrevokedAsync(input.KeyId, cancellationToken).ConfigureAwait(false);
        var key = await vault.GetKeyAsync(input.KeyId.Name, input.KeyId.Version, cancellationToken).ConfigureAwait(false);
        Require(key.PublicKey?.Thumbprint == input.Thumbprint, key, $"its public key is not the HSM's ({input.Thumbprint})");
        Require(key.IsHsmProtected, key, $"it is {key.KeyType}, not held by the vault's HSM");
        Require(!key.Exportable, key, "it is exportable");
        Require(key.ExpiresOn is not null, key, "it has no expiry");
        Require(key.Enabled, key, "it is disabled");
        await ProveRoundTripAsync(key, cancellationToken).ConfigureAwait(false);

        var tags = new Dictionary<string, string>(key.Tags) { [KeyTags.State] = KeyTags.Active };
        await vault.UpdateKeyAsync(key.Id, new KeyAttributes { Tags = tags }, cancellationToken).ConfigureAwait(false);
        await vault.RequireUnrevokedAsync(input.KeyId, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(LedgerEvents.KeyActivated(input.OperationId, key.Id, input.Thumbprint), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task ProveRoundTripAsync(VaultKey key, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        byte[] unwrapped = [];
        try
        {
            using var rsa = RSA.Create(key.PublicKey!.ToParameters());
            var wrapped = rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA256);
            unwrapped = await vault.UnwrapKeyAsync(key.Id, wrapped, cancellationToken).ConfigureAwait(false);
            Require(CryptographicOperations.FixedTimeEquals(secret, unwrapped), key, "what it wraps does not unwrap to the same bytes");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(unwrapped);
        }
    }

    private static void Require(bool condition, VaultKey key, string fault)
    {
        if (!condition)
        {
            throw new VaultException($"The imported key {key.Id} failed its proof: {fault}. It is not put in use.");
        }
    }
}

/// <summary>Which version to prove and activate.</summary>
/// <param name="Thumbprint">The master key's thumbprint, as the HSM says.</param>
public sealed record ActivateKeyInput(KeyIdentifier KeyId, string Thumbprint, string OperationId);
