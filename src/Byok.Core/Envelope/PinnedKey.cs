using System.Security.Cryptography;

namespace Byok.Core.Envelope;

/// <summary>The memory of one secret key: 32 bytes, pinned, and zeroed on disposal.</summary>
internal sealed class PinnedKey : IDisposable
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(EnvelopeFormat.KeySizeInBytes, pinned: true);
    private bool _disposed;

    /// <summary>The key, to be written once.</summary>
    public Span<byte> Writable => _bytes;

    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _disposed = true;
    }
}
