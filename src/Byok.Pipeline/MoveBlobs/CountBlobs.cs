using Byok.Core.Orchestration;
using Byok.Storage;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>Counts the protected blobs, so that progress can say how many are left.</summary>
public sealed class CountBlobs(StorageAccount storage) : Activity<object?, long>
{
    public const string Name = "CountBlobs";

    public override Task<long> RunAsync(object? input, CancellationToken cancellationToken) => storage.Protected.CountAsync(cancellationToken);
}
