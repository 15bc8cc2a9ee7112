using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Byok.Core.Tests.Envelope;

/// <summary>
/// The same bytes for the same seed, on every machine: block i is SHA-256(seed || u64be i), each fill starts a new block.
/// For vectors and tests only.
/// </summary>
internal sealed class DeterministicRandom(string seed)
{
    private readonly byte[] _seed = Encoding.UTF8.GetBytes(seed);
    private ulong _block;

    public void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[_seed.Length + sizeof(ulong)];
        Span<byte> output = stackalloc byte[SHA256.HashSizeInBytes];
        _seed.CopyTo(input);
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64BigEndian(input[_seed.Length..], _block++);
            SHA256.HashData(input, output);
            var count = Math.Min(output.Length, destination.Length);
            output[..count].CopyTo(destination);
            destination = destination[count..];
        }
    }

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }
}
