using System.Security.Cryptography;
using Byok.Core.Keys;

namespace Byok.Core.Envelope;

/// <summary>
/// Wraps DEKs with one wrapping key's public part, here and without the vault (RSA-OAEP with SHA-256, RFC 8017).
/// Importing the public key costs more than wrapping, so keep one as long as the key is current. Thread-safe.
/// </summary>
public sealed class DekWrapper : IDisposable
{
    private readonly RSA _rsa = RSA.Create();
    private readonly Lock _lock = new();

    /// <summary>Imports the public key.</summary>
    /// <exception cref="ArgumentException">It is not of 2048, 3072 or 4096 bits.</exception>
    public DekWrapper(RsaPublicKey wrappingKey)
    {
        ArgumentNullException.ThrowIfNull(wrappingKey);
        if (wrappingKey.SizeInBits is not (2048 or 3072 or 4096))
        {
            throw new ArgumentException($"A wrapping key has 2048, 3072 or 4096 bits, not {wrappingKey.SizeInBits}.", nameof(wrappingKey));
        }

        KeyThumbprint = wrappingKey.Thumbprint;
        _rsa.ImportParameters(wrappingKey.ToParameters());
    }

    /// <summary>The wrapping key's thumbprint (RFC 7638).</summary>
    public string KeyThumbprint { get; }

    /// <summary>Wraps a DEK: 256, 384 or 512 bytes, as long as the modulus. Different on each call.</summary>
    public byte[] Wrap(DataEncryptionKey dek)
    {
        ArgumentNullException.ThrowIfNull(dek);
        lock (_lock)
        {
            return _rsa.Encrypt(dek.Bytes, RSAEncryptionPadding.OaepSHA256);
        }
    }

    public void Dispose() => _rsa.Dispose();
}
