namespace Byok.Core.Transfer;

/// <summary>The two halves of a transfer blob's ciphertext.</summary>
/// <param name="WrappedEphemeralKey">RSA-OAEP (SHA-1, MGF1 with SHA-1) of an AES-256 key; as long as the KEK's modulus.</param>
/// <param name="WrappedTargetKey">AES-KWP (RFC 5649) of the target key: PKCS#8 for RSA and EC, raw bytes for oct.</param>
public readonly record struct TransferBlobHalves(ReadOnlyMemory<byte> WrappedEphemeralKey, ReadOnlyMemory<byte> WrappedTargetKey);
