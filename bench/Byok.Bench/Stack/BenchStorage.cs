using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Local.Storage;
using Byok.Storage;
using Byok.Testing.Storage;

namespace Byok.Bench.Stack;

/// <summary>The storage that contenders share: an emulator of the run's own, or the null store. Every request is counted.</summary>
internal sealed class BenchStorage : IAsyncDisposable
{
    private const string NullConnection =
        "DefaultEndpointsProtocol=http;AccountName=null;AccountKey=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;BlobEndpoint=http://null.invalid/null";

    private readonly AzuriteServer? _server;
    private readonly HttpPipelineTransport? _transport;

    private readonly BlobServiceClient? _records;

    private BenchStorage(AzuriteServer? server, HttpPipelineTransport? transport, string? connectionString = null, BlobServiceClient? records = null)
    {
        _records = records;
        _server = server;
        _transport = transport;
        ConnectionString = connectionString ?? server?.ConnectionString ?? NullConnection;
        Account = Open(Counter);
    }

    public string ConnectionString { get; }

    public RequestCounter Counter { get; } = new();

    public StorageAccount Account { get; }

    /// <summary>An emulator in a folder of its own, which goes when this is disposed of.</summary>
    public static async Task<BenchStorage> StartAzuriteAsync()
    {
        var storage = new BenchStorage(await RunFolder.StartEmulatorAsync().ConfigureAwait(false), null);
        await storage.Account.EnsureContainersAsync(CancellationToken.None).ConfigureAwait(false);
        return storage;
    }

    /// <summary>The store that swallows everything at once; branch records and ledger are kept in memory.</summary>
    public static BenchStorage Null(NullBlobStore store)
    {
        var records = new InMemoryBlobService(TimeProvider.System);
        _ = records.CreateAccountAsync().GetAwaiter().GetResult();
        return new BenchStorage(
            null, new HttpClientTransport(new HttpClient(store)),
            records: new BlobServiceClient(new Uri("https://memory.blob.example/"), StorageAccount.CreateClientOptions(new HttpClientTransport(new HttpClient(records)))));
    }

    /// <summary>An emulator that somebody else runs.</summary>
    public static BenchStorage Existing(string connectionString) => new(null, null, connectionString);

    /// <summary>An account on the same storage, its requests counted apart.</summary>
    public StorageAccount Open(RequestCounter counter) => new(
        new BlobServiceClient(ConnectionString, Configure(StorageAccount.CreateClientOptions(_transport), counter)), recordsService: _records);

    /// <summary>A client that encrypts by itself: Azure client-side encryption.</summary>
    public BlobContainerClient OpenEncrypting(Azure.Storage.ClientSideEncryptionOptions encryption, RequestCounter counter)
    {
        var plain = StorageAccount.CreateClientOptions(_transport);
        var options = new SpecializedBlobClientOptions { ClientSideEncryption = encryption, Diagnostics = { IsTelemetryEnabled = false, IsLoggingContentEnabled = false } };
        options.Transport = plain.Transport;
        return new BlobServiceClient(ConnectionString, Configure(options, counter)).GetBlobContainerClient(Account.Protected.Name);
    }

    /// <summary>Writes bytes that do not compress into the uploads container, 4 MiB a block.</summary>
    public async Task<BlobProperties> UploadAsync(string name, long length)
    {
        var blob = Account.Uploads.Client.GetBlockBlobClient(name);
        var buffer = new byte[(int)Math.Min(length, 4 * 1024 * 1024)];
        System.Security.Cryptography.RandomNumberGenerator.Fill(buffer);
        var ids = new List<string>();
        for (var offset = 0L; offset < length; offset += buffer.Length)
        {
            ids.Add(Convert.ToBase64String(BitConverter.GetBytes(offset)));
            using var content = new MemoryStream(buffer, 0, (int)Math.Min(buffer.Length, length - offset));
            await blob.StageBlockAsync(ids[^1], content).ConfigureAwait(false);
        }

        await blob.CommitBlockListAsync(ids).ConfigureAwait(false);
        return (await blob.GetPropertiesAsync().ConfigureAwait(false)).Value;
    }

    /// <summary>
    /// Uploads the large blob: of the size asked for, else of 1 GiB, or of 256 MiB when the disc is short or this emulator on this machine is so slow today
    /// that 1 GiB would take too long. Measures that with a small one.
    /// </summary>
    public async Task<LargeBlob> UploadLargeAsync(string name, BenchOptions options)
    {
        var length = options.LargeBlobLength;
        if (options.SizeInMiB is null)
        {
            var start = Stopwatch.GetTimestamp();
            await UploadAsync("probe", 64 * 1024 * 1024).ConfigureAwait(false);
            length = Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(0.5) ? Math.Min(length, 256 * 1024 * 1024) : length;
        }

        return new LargeBlob(name, (await UploadAsync(name, length).ConfigureAwait(false)).ETag.ToString(), length);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await RunFolder.StopEmulatorAsync(_server).ConfigureAwait(false);
        }
    }

    private static T Configure<T>(T options, RequestCounter counter)
        where T : BlobClientOptions
    {
        options.AddPolicy(counter, HttpPipelinePosition.PerRetry);
        return options;
    }
}
