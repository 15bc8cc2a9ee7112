using Azure;
using Byok.Core.Envelope;
using Byok.Storage;

namespace Byok.Client.Reading;

/// <summary>A protected blob whose header has been verified: everything read from it is authenticated. It holds no key, and ends with its branch's.</summary>
/// <param name="Stored">The blob as the service describes it.</param>
/// <param name="Header">Its verified header.</param>
/// <param name="Source">Its stored bytes.</param>
/// <param name="Envelope">Reads its chunks.</param>
public sealed record OpenedBlob(ProtectedBlob Stored, EnvelopeHeader Header, BlobRangeSource Source, EnvelopeReader Envelope) : IAsyncDisposable
{
    /// <summary>The stored version that is read.</summary>
    public ETag ETag => Stored.ETag;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Source.Dispose();
        return ValueTask.CompletedTask;
    }
}
