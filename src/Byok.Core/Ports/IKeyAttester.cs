using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;

namespace Byok.Core.Ports;

/// <summary>What an <see cref="IKeyVault"/> is besides, when its HSM can prove what it holds. The local token, which plays an HSM, cannot.</summary>
public interface IKeyAttester
{
    /// <summary>The HSM's own statement that it holds a key version and how; null where the service behind this client gives none: of Azure's, only Managed HSM does.</summary>
    /// <exception cref="KeyNotFoundInVaultException">No such key or version.</exception>
    /// <exception cref="ServiceUnavailableException">The vault does not answer, or throttles beyond its own retries.</exception>
    Task<KeyAttestation?> GetKeyAttestationAsync(KeyIdentifier id, CancellationToken cancellationToken);
}
