using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Local.Storage;
using Byok.Storage;

namespace Byok.Testing;

/// <summary>One emulator for a test class or collection; each test takes containers of its own from it.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"byok-azurite-{Guid.NewGuid():N}");
    private AzuriteServer? _server;

    public string ConnectionString => _server!.ConnectionString;

    public async Task InitializeAsync() =>
        _server = await AzuriteServer.StartAsync(Path.Combine(_folder, "data"), Path.Combine(_folder, "azurite.log"), CancellationToken.None);

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.Process.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>An account with five new, empty containers.</summary>
    public async Task<StorageAccount> CreateAccountAsync(HttpPipelineTransport? transport = null, Action<BlobClientOptions>? configure = null)
    {
        var clientOptions = StorageAccount.CreateClientOptions(transport);
        configure?.Invoke(clientOptions);
        var suffix = Guid.NewGuid().ToString("N")[..12];
        var account = new StorageAccount(
            new BlobServiceClient(ConnectionString, clientOptions),
            new StorageOptions
            {
                UploadsContainer = $"uploads-{suffix}",
                ProtectedContainer = $"protected-{suffix}",
                LedgerContainer = $"ledger-{suffix}",
                BranchesContainer = $"branches-{suffix}",
                AuditsContainer = $"audits-{suffix}",
            });
        await account.EnsureContainersAsync(CancellationToken.None);
        return account;
    }
}
