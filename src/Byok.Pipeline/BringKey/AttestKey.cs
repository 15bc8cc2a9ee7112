using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.BringKey;

/// <summary>
/// Has the vault's HSM prove by itself that it holds a key that cannot leave it: fetches the key's attestation and verifies it against the pinned roots.
/// The attestation stays inside this activity; it is no secret, but long.
/// </summary>
public sealed class AttestKey(IKeyVault vault, ILedger ledger, PipelineOptions options, TimeProvider time) : Activity<AttestKeyInput, AttestedKey>
{
    private readonly KeyAttestationVerifier _verifier = new(options.AttestationRoots);

    public const string Name = "AttestKey";

    /// <inheritdoc/>
    /// <exception cref="AttestationException">The attestation does not prove the key.</exception>
    /// <exception cref="ConfigurationException">The vault gives no attestations, and the settings ask for them.</exception>
    public override async Task<AttestedKey> RunAsync(AttestKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var key = (await vault.GetKeyAsync(input.KeyId.Name, input.KeyId.Version, cancellationToken).ConfigureAwait(false)).RequirePublicKey();
        if (key.Thumbprint != input.Thumbprint)
        {
            throw new AttestationException($"The public key of {input.KeyId} is not the one to attest ({input.Thumbprint}).");
        }

        var attestation = (vault is IKeyAttester attester ? await attester.GetKeyAttestationAsync(input.KeyId, cancellationToken).ConfigureAwait(false) : null)
            ?? throw new ConfigurationException(
                $"{vault.VaultUri.Host} gives no attestation of {input.KeyId}, and the attestation roots that are set ask for one; only Managed HSM attests keys. Unset the roots, or use a Managed HSM.");
        var attested = _verifier.Verify(attestation, input.KeyId, key, input.Origin, time.GetUtcNow());
        await ledger.AppendAsync(LedgerEvents.Attested(input.OperationId, input.KeyId, input.Origin, attested), cancellationToken).ConfigureAwait(false);
        return attested;
    }
}

/// <summary>Which key to have attested.</summary>
/// <param name="KeyId">The key version.</param>
/// <param name="Thumbprint">The thumbprint of its public key.</param>
/// <param name="Origin">Where it has to come from: a KEK is generated, a master key is imported.</param>
public sealed record AttestKeyInput(KeyIdentifier KeyId, string Thumbprint, KeyOrigin Origin, string OperationId);
