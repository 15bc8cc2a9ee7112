using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;

namespace Byok.Cli.Files;

/// <summary>
/// Finds out whether a protected blob holds just what a file holds. A command that was killed between its upload and the note of it, while a trigger
/// protected that upload, is told so: what it asked for is done.
/// </summary>
internal static class StoredCopy
{
    /// <summary>Reads the blob, verified, beside the file.</summary>
    /// <param name="reader">The read path.</param>
    /// <param name="source">The file.</param>
    /// <param name="name">The blob's name.</param>
    /// <param name="keyName">The wrapping key that it has to be under.</param>
    /// <param name="report">Told the bytes compared.</param>
    /// <returns>What the encryption of that blob gave; null when there is no such blob, or one with other bytes or under another key.</returns>
    public static async Task<EncryptBlobResult?> FindAsync(
        ProtectedBlobReader reader, FileStream source, string name, string keyName, Action<string, long, long> report, CancellationToken cancellationToken)
    {
        try
        {
            await using var blob = await reader.OpenAtStartAsync(name, PinFreshness.Now, cancellationToken).ConfigureAwait(false);
            return blob.Header.Wrapping.KeyId.Name == keyName && blob.Envelope.Layout.PlaintextLength == source.Length
                && await IsSameAsync(blob.Envelope, source, report, cancellationToken).ConfigureAwait(false)
                ? EncryptBlobResult.Of(blob, activities: 0)
                : null;
        }
        catch (Exception exception) when (exception is BlobNotFoundException or EnvelopeException)
        {
            return null;
        }
    }

    private static async Task<bool> IsSameAsync(EnvelopeReader envelope, FileStream source, Action<string, long, long> report, CancellationToken cancellationToken)
    {
        var layout = envelope.Layout;
        var stored = new byte[layout.MaxReadLength];
        var own = new byte[layout.MaxReadLength];
        source.Position = 0;
        while (source.Position < layout.PlaintextLength)
        {
            var length = await envelope.ReadChunksAsync(layout.ChunkOfPlaintextOffset(source.Position), stored, cancellationToken).ConfigureAwait(false);
            await source.ReadExactlyAsync(own.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            if (!stored.AsSpan(0, length).SequenceEqual(own.AsSpan(0, length)))
            {
                return false;
            }

            report("comparing with what is stored", source.Position, source.Length);
        }

        return true;
    }
}
