using Byok.Core.Keys;

namespace Byok.Core.Ports;

/// <summary>A master key that left the HSM wrapped to a KEK.</summary>
/// <param name="TransferBlob">The BYOK transfer blob, UTF-8 JSON. It holds no clear key material.</param>
/// <param name="PublicKey">The master key's public part, read in the HSM.</param>
public sealed record ExportedKey(byte[] TransferBlob, RsaPublicKey PublicKey);
