using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Byok.Pkcs11.Tokens;

/// <summary>
/// Remembers for the life of the process which PIN a token refused, so that no retry, however well meant, locks the token.
/// Holds MACs under a random key of this process, no PINs.
/// </summary>
internal static class RefusedPins
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private static readonly ConcurrentDictionary<string, byte> Refused = new(StringComparer.Ordinal);

    internal static void Add(string libraryPath, string serialNumber, Pin pin) => Refused[Entry(libraryPath, serialNumber, pin)] = 0;

    internal static bool Contains(string libraryPath, string serialNumber, Pin pin) => Refused.ContainsKey(Entry(libraryPath, serialNumber, pin));

    private static string Entry(string libraryPath, string serialNumber, Pin pin) =>
        $"{libraryPath}|{serialNumber}|{Convert.ToHexStringLower(HMACSHA256.HashData(Key, pin.DangerousBytes))}";
}
