using System.Security.Cryptography;

namespace Byok.Core.Envelope;

/// <summary>Fills a span with random bytes. A seam for tests and vectors only: nothing outside this assembly can put another one in.</summary>
internal delegate void RandomSource(Span<byte> destination);

/// <summary>The sources.</summary>
internal static class RandomSources
{
    /// <summary>The platform's cryptographic generator.</summary>
    public static readonly RandomSource System = RandomNumberGenerator.Fill;
}
