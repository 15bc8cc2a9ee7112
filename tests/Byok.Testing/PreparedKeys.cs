using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Byok.Testing;

/// <summary>
/// RSA keys made once in a test run: many stacks are made, and new keys for each would take much of the time. Within a stack no key comes twice;
/// the next stack begins with the same ones.
/// </summary>
public sealed class PreparedKeys
{
    private static readonly ConcurrentDictionary<(int SizeInBits, int Number), Lazy<RSAParameters>> Keys = new();
    private int _count;

    public RSA Create(int sizeInBits)
    {
        var key = (sizeInBits, Interlocked.Increment(ref _count));
        return RSA.Create(Keys.GetOrAdd(key, _ => new Lazy<RSAParameters>(() => Make(sizeInBits))).Value);
    }

    private static RSAParameters Make(int sizeInBits)
    {
        using var rsa = RSA.Create(sizeInBits);
        return rsa.ExportParameters(true);
    }
}
