using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Core.Tests.Envelope;

/// <summary>A stored blob in memory.</summary>
internal sealed class MemoryRangeSource(byte[] content) : IRangeSource
{
    private int _reads;

    public int Reads => _reads;

    public long Length => content.Length;

    public async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _reads);
        if (offset < 0 || offset + destination.Length > content.Length)
        {
            throw new IntegrityException("Past the end.");
        }

        content.AsMemory((int)offset, destination.Length).CopyTo(destination);
    }
}
