using System.Text;

namespace Byok.Testing.Core.Fuzzing;

/// <summary>Alters an input in one to six ways: bytes, cuts, repeats, pieces of other inputs, and the words that parsers trip over.</summary>
internal static class Mutation
{
    public const int MaxLength = 256 * 1024;

    private static readonly byte[][] Words = new[]
    {
        "null", "true", "0", "-1", "1e400", "9223372036854775808", "99999999999999999999", "0.5", "\"\"", "{}", "[]", "[null]", "{\"a\":null}", "\\ud800", "\\u0000",
        "\"\\ud800\"", "\0", "\n", "\r\n", " ", "=", "==", ".", "..", "-", "_", "+", "/", ":", ",", "\"", "\\", "{", "}", "[", "]", "\uFEFF", "é", "😀", "%2F",
        "https://", "http://", "AAAA", "AQAB", "import", "RSA-HSM", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999+00:00", "2030-01-01T00:00:00+14:00",
    }.Select(Encoding.UTF8.GetBytes).Concat([[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x80]]).ToArray();

    public static byte[] Apply(FuzzStream stream, byte[] seed, IReadOnlyList<byte[]> seeds)
    {
        var bytes = seed;
        for (var times = 1 + stream.Below(6); times > 0; times--)
        {
            bytes = Once(stream, bytes, seeds);
            if (bytes.Length > MaxLength)
            {
                return bytes[..MaxLength];
            }
        }

        return bytes;
    }

    private static byte[] Once(FuzzStream stream, byte[] bytes, IReadOnlyList<byte[]> seeds)
    {
        var at = stream.Below(bytes.Length + 1);
        var to = Math.Min(bytes.Length, at + 1 + stream.Below(stream.Below(4) == 0 ? bytes.Length : 16));
        switch (stream.Below(10))
        {
            case 0 when at < bytes.Length:
                return With(bytes, at, (byte)(bytes[at] ^ (1 << stream.Below(8))));
            case 1 when at < bytes.Length:
                return With(bytes, at, (byte)stream.Below(256));
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[to..]];
            case 4:
                return [.. bytes[..to], .. bytes[at..to], .. bytes[to..]];
            case 5:
                return [.. bytes[..at], .. stream.Pick(Words), .. bytes[at..]];
            case 6:
                return [.. bytes[..at], .. stream.Pick(Words), .. bytes[to..]];
            case 7:
                var other = stream.Pick(seeds);
                var from = stream.Below(other.Length + 1);
                return [.. bytes[..at], .. other[from..Math.Min(other.Length, from + stream.Below(64))], .. bytes[to..]];
            case 8 when stream.Below(20) == 0:
                return [.. bytes[..at], .. Enumerable.Repeat(stream.Pick(Words), stream.Below(3000)).SelectMany(word => word), .. bytes[at..]];
            default:
                return AtAValue(stream, bytes);
        }
    }

    // JSON is met most often where a value stands, and there a whole value is put in place of another.
    private static byte[] AtAValue(FuzzStream stream, byte[] bytes)
    {
        var colons = Enumerable.Range(0, Math.Min(bytes.Length, 4096)).Where(index => bytes[index] is (byte)':' or (byte)'[').ToList();
        if (colons.Count == 0)
        {
            return bytes;
        }

        var start = stream.Pick(colons) + 1;
        var end = start;
        for (var quoted = false; end < bytes.Length && (quoted || bytes[end] is not ((byte)',' or (byte)'}' or (byte)']')); end++)
        {
            quoted ^= bytes[end] == (byte)'"';
        }

        return [.. bytes[..start], .. stream.Pick(Words), .. bytes[end..]];
    }

    private static byte[] With(byte[] bytes, int index, byte value)
    {
        var altered = bytes.ToArray();
        altered[index] = value;
        return altered;
    }
}
