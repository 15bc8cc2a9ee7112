using Byok.Core.Envelope;

namespace Byok.Client.Records;

/// <summary>A state that a writer is about to commit.</summary>
/// <param name="OperationId">The operation that writes it.</param>
/// <param name="Header">Its signed header.</param>
/// <param name="Replaces">MAC of the header that it takes the place of; null for none.</param>
internal sealed record BlobIntent(string OperationId, string BlobName, EnvelopeHeader Header, BlobChange Change, string? Replaces)
{
    public BlobState State { get; } = BlobState.Of(Header);
}
