using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Http;

namespace Byok.Storage;

/// <summary>Storage as the pipeline sees it: containers of data, and containers of records, which in Azure are in an account of their own.</summary>
public sealed class StorageAccount
{
    /// <summary>Uses clients made by the caller (see <see cref="CreateClientOptions"/>).</summary>
    /// <param name="service">The data account.</param>
    /// <param name="options">The containers' names; null for the standard ones.</param>
    /// <param name="recordsService">The account of branch records, ledger and audits; null for the same.</param>
    public StorageAccount(BlobServiceClient service, StorageOptions? options = null, BlobServiceClient? recordsService = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        var records = recordsService ?? service;
        Options = options ?? new StorageOptions();
        Uploads = new UploadContainer(service.GetBlobContainerClient(Options.UploadsContainer));
        Protected = new ProtectedContainer(service.GetBlobContainerClient(Options.ProtectedContainer));
        Ledger = records.GetBlobContainerClient(Options.LedgerContainer);
        Branches = new DocumentContainer(records.GetBlobContainerClient(Options.BranchesContainer));
        Audits = new DocumentContainer(records.GetBlobContainerClient(Options.AuditsContainer));
    }

    /// <summary>The containers' names.</summary>
    public StorageOptions Options { get; }

    /// <summary>Where plaintext lands.</summary>
    public UploadContainer Uploads { get; }

    /// <summary>Where ciphertext lives.</summary>
    public ProtectedContainer Protected { get; }

    /// <summary>Where the ledger is kept; <see cref="Byok.Storage.Ledger.BlobLedger"/> writes and reads it.</summary>
    public BlobContainerClient Ledger { get; }

    /// <summary>Where the records of branches are kept; <see cref="BranchRecords"/> writes and reads them.</summary>
    public DocumentContainer Branches { get; }

    /// <summary>Where audit reports are kept.</summary>
    public DocumentContainer Audits { get; }

    /// <summary>
    /// Client options for the pipeline: exponential retries from 0.5 s to 30 s, which honour Retry-After; no telemetry.
    /// </summary>
    /// <param name="transport">The HTTP transport; null for <see cref="HttpTransport"/>'s.</param>
    public static BlobClientOptions CreateClientOptions(HttpPipelineTransport? transport = null)
    {
        return new BlobClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = 5,
                Delay = TimeSpan.FromSeconds(0.5),
                MaxDelay = TimeSpan.FromSeconds(30),
                NetworkTimeout = TimeSpan.FromSeconds(100),
            },
            // Else the client asks for 'a' when the listing told of '/a' or 'a/', and the blob is taken for deleted.
            TrimBlobNameSlashes = false,
            Diagnostics = { IsTelemetryEnabled = false, IsLoggingContentEnabled = false },
            Transport = transport ?? HttpTransport.CreateForAzure(),
        };
    }

    /// <summary>
    /// Opens the account of an emulator. Uploads carry their MD5 there: of a block without one, Azurite computes a CRC-64 in JavaScript, which takes it many
    /// times as long as everything else about that block. In Azure a second pass over the data would cost more than the encryption.
    /// </summary>
    /// <param name="connectionString">The emulator's connection string.</param>
    /// <param name="options">The containers' names; null for the usual ones.</param>
    /// <exception cref="ConfigurationException">The connection string is not in its form.</exception>
    public static StorageAccount OpenEmulator(string connectionString, StorageOptions? options = null)
    {
        var clientOptions = CreateClientOptions();
        clientOptions.TransferValidation.Upload.ChecksumAlgorithm = StorageChecksumAlgorithm.MD5;
        try
        {
            return new StorageAccount(new BlobServiceClient(connectionString, clientOptions), options);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the cause: its message may quote what it stumbled over.
            throw new ConfigurationException($"The storage connection string is not in its form, 'Name=value;Name=value'; {SettingText.Describe(connectionString)}.");
        }
    }

    /// <summary>Creates the containers that are missing. In Azure the template makes them and the app needs no right to.</summary>
    public async Task EnsureContainersAsync(CancellationToken cancellationToken)
    {
        foreach (var container in new StorageContainer[] { Uploads, Protected, Branches, Audits })
        {
            await container.CreateIfMissingAsync(cancellationToken).ConfigureAwait(false);
        }

        await StorageFailures.TranslateAsync(Ledger.Name, () => Ledger.CreateIfNotExistsAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
    }
}
