using System.Security.Cryptography;
using Byok.Client.Branches;
using Byok.Core.Orchestration;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Uploads a small blob of random bytes that is to be protected by the canary key.</summary>
public sealed class UploadCanary(StorageAccount storage) : Activity<string, EncryptBlobInput>
{
    public const string Name = "UploadCanary";

    /// <summary>The canary blob's name, from its key's name.</summary>
    public static string BlobNameFor(string keyName) => KeySelection.CanaryPrefix + keyName;

    public override async Task<EncryptBlobInput> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var name = BlobNameFor(input);
        using var content = new MemoryStream(RandomNumberGenerator.GetBytes(64));
        var metadata = new Dictionary<string, string> { [UploadMetadata.Key] = input };
        var etag = await storage.Uploads.PutAsync(name, content, metadata, progress: null, cancellationToken).ConfigureAwait(false);
        return new EncryptBlobInput { BlobName = name, ETag = etag, Overwrite = true };
    }
}
