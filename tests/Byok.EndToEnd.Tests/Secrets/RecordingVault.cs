using System.Collections.Concurrent;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>
/// A vault that remembers every branch key it unwrapped, so that a test can look where they went; combined with a mask where remembering must not be what a
/// search of the memory finds.
/// </summary>
internal sealed class RecordingVault(IKeyVault inner, byte mask = 0) : IKeyVault
{
    public ConcurrentBag<byte[]> Unwrapped { get; } = [];

    public Uri VaultUri => inner.VaultUri;

    public async Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken)
    {
        var key = await inner.UnwrapKeyAsync(id, wrappedKey, cancellationToken);
        Unwrapped.Add([.. key.Select(one => (byte)(one ^ mask))]);
        return key;
    }

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        inner.CreateKeyExchangeKeyAsync(name, sizeInBits, attributes, cancellationToken);

    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken) =>
        inner.ImportKeyAsync(name, transferBlob, attributes, cancellationToken);

    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken) => inner.GetKeyAsync(name, version, cancellationToken);

    public IAsyncEnumerable<VaultKey> ListKeysAsync(CancellationToken cancellationToken) => inner.ListKeysAsync(cancellationToken);

    public IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, CancellationToken cancellationToken) => inner.ListKeyVersionsAsync(name, cancellationToken);

    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken) =>
        inner.UpdateKeyAsync(id, attributes, cancellationToken);

    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken) => inner.DeleteKeyAsync(name, cancellationToken);

    public IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync(CancellationToken cancellationToken) => inner.ListDeletedKeysAsync(cancellationToken);

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken) => inner.RecoverDeletedKeyAsync(name, cancellationToken);

    public Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken) => inner.PurgeDeletedKeyAsync(name, cancellationToken);
}
