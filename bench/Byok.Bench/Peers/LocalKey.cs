using System.Security.Cryptography;
using Azure.Core.Cryptography;

namespace Byok.Bench.Peers;

/// <summary>A wrapping key in memory for the peer: RSA and OAEP with SHA-256, as ours.</summary>
internal sealed class LocalKey(int sizeInBits = 3072, string version = "1") : IKeyEncryptionKey, IKeyEncryptionKeyResolver, IDisposable
{
    public const string Algorithm = "RSA-OAEP-256";

    private readonly RSA _rsa = RSA.Create(sizeInBits);

    public string KeyId => $"https://in-memory.vault.example/keys/peer/{version}";

    public byte[] WrapKey(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        _rsa.Encrypt(key.Span, RSAEncryptionPadding.OaepSHA256);

    public byte[] UnwrapKey(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default) =>
        _rsa.Decrypt(encryptedKey.Span, RSAEncryptionPadding.OaepSHA256);

    public Task<byte[]> WrapKeyAsync(string algorithm, ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        Task.FromResult(WrapKey(algorithm, key, cancellationToken));

    public Task<byte[]> UnwrapKeyAsync(string algorithm, ReadOnlyMemory<byte> encryptedKey, CancellationToken cancellationToken = default) =>
        Task.FromResult(UnwrapKey(algorithm, encryptedKey, cancellationToken));

    public IKeyEncryptionKey Resolve(string keyId, CancellationToken cancellationToken = default) => this;

    public Task<IKeyEncryptionKey> ResolveAsync(string keyId, CancellationToken cancellationToken = default) => Task.FromResult<IKeyEncryptionKey>(this);

    public void Dispose() => _rsa.Dispose();
}
