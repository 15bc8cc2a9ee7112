namespace Byok.Core.Keys.Attestation;

/// <summary>A key whose attestation was verified, for the record.</summary>
/// <param name="KeyId">The key version.</param>
/// <param name="Thumbprint">Its RFC 7638 thumbprint.</param>
/// <param name="ManufacturerRoot">The pinned root that the attestation rests on: SHA-256 of the certificate, lower-case hex.</param>
/// <param name="OwnerRoot">The root of whom the HSM says owns it, likewise. It comes with the attestation and is not pinned: whoever has an HSM of the make can make one.</param>
public sealed record AttestedKey(KeyIdentifier KeyId, string Thumbprint, string ManufacturerRoot, string OwnerRoot);
