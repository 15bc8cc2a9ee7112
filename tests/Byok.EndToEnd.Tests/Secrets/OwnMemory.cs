using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>
/// Searches all memory of this very process that can be written to. What is looked for is given masked and never put together,
/// so neither the pattern nor the buffer of the search is a hit.
/// </summary>
internal static class OwnMemory
{
    /// <summary>Each byte of a pattern is given combined with this.</summary>
    public const byte Mask = 0xA5;

    private const int BufferSize = 1024 * 1024;
    private const int PrefixLength = 4;

    /// <summary>How often each of the patterns, which have one length, stands in memory.</summary>
    public static int[] Count(IReadOnlyList<byte[]> maskedPatterns)
    {
        var counts = new int[maskedPatterns.Count];
        var buffer = GC.AllocateArray<byte>(BufferSize, pinned: true);
        var own = Marshal.UnsafeAddrOfPinnedArrayElement(buffer, 0);
        using var memory = File.OpenHandle("/proc/self/mem");
        foreach (var (from, to) in Writable())
        {
            for (var position = from; position < to; position += BufferSize - maskedPatterns[0].Length + 1)
            {
                var seen = Read(memory, buffer, position, (int)Math.Min(BufferSize, to - position));
                for (var pattern = 0; pattern < counts.Length; pattern++)
                {
                    counts[pattern] += CountIn(seen, maskedPatterns[pattern], at => position + at >= own && position + at < own + BufferSize);
                }
            }
        }

        CryptographicOperations.ZeroMemory(buffer);
        return counts;
    }

    private static ReadOnlySpan<byte> Read(SafeFileHandle memory, byte[] buffer, long position, int length)
    {
        try
        {
            return buffer.AsSpan(0, RandomAccess.Read(memory, buffer.AsSpan(0, length), position));
        }
        catch (IOException)
        {
            return []; // given back meanwhile
        }
    }

    private static int CountIn(ReadOnlySpan<byte> seen, byte[] masked, Func<int, bool> isOwn)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        for (var i = 0; i < PrefixLength; i++)
        {
            prefix[i] = (byte)(masked[i] ^ Mask);
        }

        var count = 0;
        for (var at = 0; ; at++)
        {
            var next = seen[at..].IndexOf(prefix);
            if (next < 0 || (at += next) + masked.Length > seen.Length)
            {
                return count;
            }

            count += IsHit(seen.Slice(at, masked.Length), masked) && !isOwn(at) ? 1 : 0;
        }
    }

    private static bool IsHit(ReadOnlySpan<byte> seen, byte[] masked)
    {
        for (var i = 0; i < masked.Length; i++)
        {
            if ((seen[i] ^ Mask) != masked[i])
            {
                return false;
            }
        }

        return true;
    }

    private static List<(long From, long To)> Writable()
    {
        var ranges = new List<(long, long)>();
        foreach (var fields in File.ReadLines("/proc/self/maps").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (fields[1].StartsWith("rw", StringComparison.Ordinal))
            {
                var bounds = fields[0].Split('-');
                ranges.Add((Parse(bounds[0]), Parse(bounds[1])));
            }
        }

        return ranges;
    }

    private static long Parse(string address) => long.Parse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
