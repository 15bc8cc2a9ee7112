using Azure.Storage.Blobs;
using Byok.Storage;

namespace Byok.Testing.CommandLine;

/// <summary>A local stack that is up and holds one key, for all tests of a class.</summary>
public sealed class StackFixture : IAsyncLifetime
{
    public const string Key = StackTemplate.Key;

    public ByokHome Byok { get; } = new();

    public string ConnectionString { get; private set; } = string.Empty;

    public BlobContainerClient Protected => Service.GetBlobContainerClient("protected");

    public BlobContainerClient Uploads => Service.GetBlobContainerClient("uploads");

    public BlobServiceClient Service => new(ConnectionString, StorageAccount.CreateClientOptions());

    public async Task InitializeAsync()
    {
        await StackTemplate.CopyToAsync(Byok);
        var up = await Byok.SucceedAsync("up", "--json");
        ConnectionString = up.Json.GetProperty("storage").GetProperty("connectionString").GetString()!;
    }

    public async Task DisposeAsync() => await Byok.DisposeAsync();

    /// <summary>Encrypts so many bytes under a name, and gives back the file they came from.</summary>
    public async Task<string> EncryptAsync(string name, long length, int seed = 1)
    {
        var file = Byok.CreateFile($"{Guid.NewGuid():N}.bin", length, seed);
        await Byok.SucceedAsync("blob", "encrypt", file, "--name", name);
        return file;
    }
}
