using System.Security.Cryptography;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>RSA keys made once: thousands of stacks are made here, and a new key for each would take most of the time.</summary>
internal sealed class PreparedKeys
{
    private static readonly Lazy<RSAParameters[]> Keys = new(() => [.. Enumerable.Range(0, 8).Select(_ => MakeOne())]);
    private int _next = -1;

    public RSA Create(int sizeInBits)
    {
        Assert.Equal(2048, sizeInBits);
        return RSA.Create(Keys.Value[Interlocked.Increment(ref _next) % Keys.Value.Length]);
    }

    private static RSAParameters MakeOne()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportParameters(true);
    }
}
