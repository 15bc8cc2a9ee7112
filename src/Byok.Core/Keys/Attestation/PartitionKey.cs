using System.Security.Cryptography;

namespace Byok.Core.Keys.Attestation;

/// <summary>The key of an HSM's partition, certified by manufacturer and owner; it signs the statements.</summary>
/// <param name="PublicKey">Its public part.</param>
/// <param name="ManufacturerRoot">Fingerprint of the pinned root.</param>
/// <param name="OwnerRoot">Fingerprint of the owner's root.</param>
internal sealed record PartitionKey(RSAParameters PublicKey, string ManufacturerRoot, string OwnerRoot);
