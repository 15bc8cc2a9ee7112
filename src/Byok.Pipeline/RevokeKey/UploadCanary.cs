using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Byok.Core.Orchestration;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Uploads a small blob of random bytes that is to be protected by the canary key.</summary>
public sealed class UploadCanary(StorageAccount storage) : Activity<string, EncryptBlobInput>
{
    public const string Name = "UploadCanary";

    /// <summary>The canary blob's name, from its key's name.</summary>
    public static string BlobNameFor(string keyName) => $"byok-canary/{keyName}";

    public override async Task<EncryptBlobInput> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var name = BlobNameFor(input);
        var options = new BlobUploadOptions { Metadata = new Dictionary<string, string> { [EncryptionPlanner.KeyMetadata] = input } };
        var uploaded = await StorageFailures.TranslateAsync(
            $"{storage.Uploads.Name}/{name}",
            () => storage.Uploads.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(RandomNumberGenerator.GetBytes(64)), options, cancellationToken)).ConfigureAwait(false);
        return new EncryptBlobInput { BlobName = name, ETag = uploaded.Value.ETag.ToString(), Overwrite = true };
    }
}
