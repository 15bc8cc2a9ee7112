using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Byok.Testing.Core.Fuzzing;

/// <summary>A stream of choices that is the same for the same seed, on every machine: SHA-256 in counter mode.</summary>
public sealed class FuzzStream
{
    private readonly byte[] _block = new byte[32];
    private readonly byte[] _input;
    private int _used = 32;
    private int _counter;

    public FuzzStream(string seed)
    {
        var name = Encoding.UTF8.GetBytes(seed);
        _input = new byte[name.Length + sizeof(int)];
        name.CopyTo(_input, 0);
    }

    /// <summary>A number from 0 to below the limit.</summary>
    public int Below(int limit)
    {
        if (_used == 32)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_input.AsSpan(^sizeof(int)), _counter++);
            SHA256.HashData(_input, _block);
            _used = 0;
        }

        _used += sizeof(uint);
        return (int)(BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(_used - sizeof(uint))) % (uint)Math.Max(1, limit));
    }

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
