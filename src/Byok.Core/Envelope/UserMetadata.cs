namespace Byok.Core.Envelope;

/// <summary>The user's own part of a blob's metadata: everything whose name is not reserved. Kept, not authenticated.</summary>
public static class UserMetadata
{
    /// <summary>Copies the user's own metadata out of all of it.</summary>
    public static Dictionary<string, string> Of(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return new Dictionary<string, string>(
            metadata.Where(entry => !EnvelopeFormat.IsReservedName(entry.Key)), StringComparer.OrdinalIgnoreCase);
    }
}
