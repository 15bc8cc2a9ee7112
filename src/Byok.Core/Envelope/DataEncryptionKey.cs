namespace Byok.Core.Envelope;

/// <summary>
/// A blob's data encryption key (DEK): drawn here, or opened by a <see cref="Branches.BranchKey"/>. Its memory is pinned, and zeroed on disposal.
/// </summary>
public sealed class DataEncryptionKey : IDisposable
{
    private readonly PinnedKey _key = new();

    internal DataEncryptionKey()
    {
    }

    /// <summary>The 32 bytes, for sealing and derivation within this assembly.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    internal ReadOnlySpan<byte> Bytes => _key.Bytes;

    /// <summary>The same, to be written once, by who makes the instance.</summary>
    internal Span<byte> Writable => _key.Writable;

    /// <summary>Draws a new key.</summary>
    public static DataEncryptionKey Generate() => Generate(RandomSources.System);

    /// <summary>A second instance of the same key, disposed of by itself.</summary>
    public DataEncryptionKey Copy()
    {
        var copy = new DataEncryptionKey();
        Bytes.CopyTo(copy.Writable);
        return copy;
    }

    /// <summary>Derives the keys of one blob.</summary>
    public BlobKeys DeriveFor(BlobId blobId) => new(this, blobId);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    internal static DataEncryptionKey Generate(RandomSource random)
    {
        var dek = new DataEncryptionKey();
        random(dek.Writable);
        return dek;
    }
}
