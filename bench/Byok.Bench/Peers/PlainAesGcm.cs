using System.Security.Cryptography;

namespace Byok.Bench.Peers;

/// <summary>What the processor cannot do faster: chunks encrypted in place under one key, one after the other. One per thread.</summary>
internal sealed class PlainAesGcm : IDisposable
{
    public const int ChunkSizeInBytes = 4 * 1024 * 1024;

    private readonly byte[] _buffer = new byte[ChunkSizeInBytes + 16];
    private readonly AesGcm _gcm = new(RandomNumberGenerator.GetBytes(32), 16);
    private readonly byte[] _nonce = new byte[12];

    public void Encrypt(long chunks)
    {
        for (var i = 0L; i < chunks; i++)
        {
            BitConverter.TryWriteBytes(_nonce, i);
            _gcm.Encrypt(_nonce, _buffer.AsSpan(0, ChunkSizeInBytes), _buffer.AsSpan(0, ChunkSizeInBytes), _buffer.AsSpan(ChunkSizeInBytes));
        }
    }

    public void Dispose() => _gcm.Dispose();
}
