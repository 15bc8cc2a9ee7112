using System.Runtime.CompilerServices;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>A vault whose calls fail as the service's do.</summary>
internal sealed class FaultyVault(IKeyVault vault, FaultyCalls calls) : IKeyVault
{
    public Uri VaultUri => vault.VaultUri;

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        calls.RunAsync("create", () => vault.CreateKeyExchangeKeyAsync(name, sizeInBits, attributes, cancellationToken));

    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken) =>
        calls.RunAsync("import", () => vault.ImportKeyAsync(name, transferBlob, attributes, cancellationToken));

    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken) =>
        calls.RunAsync("get", () => vault.GetKeyAsync(name, version, cancellationToken));

    public IAsyncEnumerable<VaultKey> ListKeysAsync(CancellationToken cancellationToken) =>
        ListAsync("list", () => vault.ListKeysAsync(cancellationToken), cancellationToken);

    public IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, CancellationToken cancellationToken) =>
        ListAsync("list versions", () => vault.ListKeyVersionsAsync(name, cancellationToken), cancellationToken);

    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken) =>
        calls.RunAsync("update", () => vault.UpdateKeyAsync(id, attributes, cancellationToken));

    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken) =>
        calls.RunAsync("delete", () => vault.DeleteKeyAsync(name, cancellationToken));

    public IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync(CancellationToken cancellationToken) =>
        ListAsync("list deleted", () => vault.ListDeletedKeysAsync(cancellationToken), cancellationToken);

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        calls.RunAsync("recover", () => vault.RecoverDeletedKeyAsync(name, cancellationToken));

    public Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        calls.RunAsync("purge", () => vault.PurgeDeletedKeyAsync(name, cancellationToken));

    public Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken) =>
        calls.RunAsync("unwrap", () => vault.UnwrapKeyAsync(id, wrappedKey, cancellationToken));

    private async IAsyncEnumerable<T> ListAsync<T>(string call, Func<IAsyncEnumerable<T>> list, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var item in await calls.RunAsync(call, async () => await list().ToListAsync(cancellationToken)))
        {
            yield return item;
        }
    }
}
