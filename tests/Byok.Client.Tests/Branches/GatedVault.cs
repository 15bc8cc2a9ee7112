using System.Runtime.CompilerServices;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Client.Tests.Branches;

/// <summary>A vault whose readings of a key are counted, wait while its gate is closed, and then fail where a fault is set.</summary>
internal sealed class GatedVault(IKeyVault inner) : IKeyVault
{
    private readonly SemaphoreSlim _began = new(0);
    private readonly Lock _lock = new();
    private TaskCompletionSource _gate = Opened();
    private int _readings;

    public int Readings => _readings;

    public Exception? Fault { get; set; }

    public Uri VaultUri => inner.VaultUri;

    public void Close() => Replace(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Open() => Replace(Opened());

    /// <summary>Lets those pass that wait now.</summary>
    public void OpenOnce() => Close();

    /// <summary>Waits until one more has begun.</summary>
    public Task WaitForReadingAsync() => _began.WaitAsync();

    public async IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _readings);
        var gate = _gate;
        _began.Release();
        await gate.Task.WaitAsync(cancellationToken);
        if (Fault is { } fault)
        {
            throw fault;
        }

        await foreach (var version in inner.ListKeyVersionsAsync(name, cancellationToken))
        {
            yield return version;
        }
    }

    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken) => inner.GetKeyAsync(name, version, cancellationToken);

    public IAsyncEnumerable<VaultKey> ListKeysAsync(CancellationToken cancellationToken) => inner.ListKeysAsync(cancellationToken);

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken) =>
        inner.CreateKeyExchangeKeyAsync(name, sizeInBits, attributes, cancellationToken);

    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken) =>
        inner.ImportKeyAsync(name, transferBlob, attributes, cancellationToken);

    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken) => inner.UpdateKeyAsync(id, attributes, cancellationToken);

    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken) => inner.DeleteKeyAsync(name, cancellationToken);

    public IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync(CancellationToken cancellationToken) => inner.ListDeletedKeysAsync(cancellationToken);

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken) => inner.RecoverDeletedKeyAsync(name, cancellationToken);

    public Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken) => inner.PurgeDeletedKeyAsync(name, cancellationToken);

    public Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken) => inner.UnwrapKeyAsync(id, wrappedKey, cancellationToken);

    private static TaskCompletionSource Opened()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gate.SetResult();
        return gate;
    }

    private void Replace(TaskCompletionSource gate)
    {
        lock (_lock)
        {
            _gate.TrySetResult();
            _gate = gate;
        }
    }
}
