using System.Buffers.Text;
using Byok.Core.Envelope;

namespace Byok.Client.Records;

/// <summary>
/// What identifies one stored state of a blob. Commitment and header MAC tell it from every other: whoever does not know the DEK can make no header that has both
/// and verifies. The blob id alone anybody can write into an envelope of his own.
/// </summary>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Commitment">The DEK's commitment, base64url.</param>
/// <param name="Mac">The header MAC, base64url; it covers the commitment, so the ledger chains states by it.</param>
public sealed record BlobState(string BlobId, string Commitment, string Mac)
{
    /// <summary>The state that a header describes; no more to be believed than the header.</summary>
    public static BlobState Of(EnvelopeHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        return new BlobState(header.BlobId.ToString(), Base64Url.EncodeToString(header.Commitment.Span), Base64Url.EncodeToString(header.Mac.Span));
    }
}
