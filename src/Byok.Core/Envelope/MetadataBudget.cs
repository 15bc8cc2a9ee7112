using System.Text;
using Byok.Core.Errors;

namespace Byok.Core.Envelope;

/// <summary>
/// The service's limit on metadata, and the decision where the BEK table goes (docs/FORMAT.md, section 11). Checked here, because
/// not every server does. Sizes are bytes of UTF-8, names and values together.
/// </summary>
public static class MetadataBudget
{
    /// <summary>What the service allows for one blob (Azure Storage: 8 KB).</summary>
    public const int LimitInBytes = 8192;

    /// <summary>
    /// The envelope at its largest, without the value of <c>byok_table</c>: any number, the longest key identifier, a branch key wrapped
    /// by RSA-4096. So a blob that fits when it is encrypted fits under every later branch.
    /// </summary>
    public const int ReserveInBytes = 1709;

    /// <summary>Size of metadata.</summary>
    public static long SizeOf(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.Sum(entry => (long)Encoding.UTF8.GetByteCount(entry.Key) + Encoding.UTF8.GetByteCount(entry.Value));
    }

    /// <summary>Where the BEK table of a new blob goes: inline while it fits. The same answer for the same input, always.</summary>
    /// <param name="layout">The blob's layout.</param>
    /// <param name="userMetadata">The user's own metadata; reserved names do not count.</param>
    /// <exception cref="MetadataBudgetExceededException">The user's own metadata leaves no room even for a table in the tail.</exception>
    public static TablePlacement Place(BlobLayout layout, IEnumerable<KeyValuePair<string, string>> userMetadata)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var user = SizeOf(UserMetadata.Of(userMetadata));
        var room = LimitInBytes - ReserveInBytes - user;
        if (room >= EnvelopeHeader.InlinePrefix.Length + StrictBase64Url.EncodedLength(layout.TableLength))
        {
            return TablePlacement.Inline;
        }

        // An empty blob has no tail; its table is inline and empty.
        var needed = layout.ChunkCount > 0 ? EnvelopeHeader.Tail.Length : EnvelopeHeader.InlinePrefix.Length;
        return room >= needed
            ? TablePlacement.Tail
            : throw new MetadataBudgetExceededException(
                $"The blob's own metadata is {user} bytes; beside the {ReserveInBytes + needed} that the envelope needs, " +
                $"that exceeds the {LimitInBytes} bytes that the service allows. Shorten it.");
    }

    /// <summary>Checks all metadata of a blob, as it is about to be written.</summary>
    /// <exception cref="MetadataBudgetExceededException">It is larger than the service allows.</exception>
    public static void Check(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var size = SizeOf(metadata);
        if (size > LimitInBytes)
        {
            throw new MetadataBudgetExceededException(
                $"The blob's metadata, its own and the envelope's together, is {size} bytes; the service allows {LimitInBytes}. Shorten the blob's own.");
        }
    }
}
