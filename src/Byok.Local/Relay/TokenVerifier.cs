using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Byok.Local.Relay;

/// <summary>Checks shared access signatures. Tokens of Microsoft Entra ID are refused: nobody on one machine can vouch for them.</summary>
/// <param name="keys">The access keys.</param>
internal sealed class TokenVerifier(IReadOnlyList<RelayAccessKey> keys, TimeProvider timeProvider)
{
    private const string Prefix = "SharedAccessSignature ";
    private const int MaxTokenLength = 4096;

    /// <summary>Checks a token.</summary>
    /// <param name="token">The token, null when there is none.</param>
    /// <param name="host">The host name it should be for.</param>
    /// <param name="path">The hybrid connection it should be for.</param>
    /// <param name="right">What is to be done with it.</param>
    /// <returns>When the token expires.</returns>
    /// <exception cref="RelayFault">401: missing, malformed, wrong or expired; 403: not for this path or this action.</exception>
    public DateTimeOffset Verify(string? token, string host, string path, RelayRights right)
    {
        if (string.IsNullOrEmpty(token))
        {
            throw new RelayFault(401, "MissingToken: Relay security token is required.");
        }

        if (!token.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || token.Length > MaxTokenLength)
        {
            throw new RelayFault(401, "MalformedToken: The token is not a shared access signature.");
        }

        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var pair in token[Prefix.Length..].Trim().Split('&'))
        {
            var separator = pair.IndexOf('=');
            if (separator <= 0 || !fields.TryAdd(pair[..separator], pair[(separator + 1)..]))
            {
                throw new RelayFault(401, "MalformedToken: The token's fields cannot be read.");
            }
        }

        if (!fields.TryGetValue("sr", out var resource) || !fields.TryGetValue("sig", out var signature)
            || !fields.TryGetValue("se", out var expiry) || !fields.TryGetValue("skn", out var keyName)
            || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > int.MaxValue * 8L)
        {
            throw new RelayFault(401, "MalformedToken: The token lacks a field, or its expiry is not a number.");
        }

        var key = keys.FirstOrDefault(candidate => candidate.Name == Uri.UnescapeDataString(keyName));
        // The signature covers the resource as it is encoded, which clients do in more than one way.
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key?.Key ?? string.Empty), Encoding.UTF8.GetBytes($"{resource}\n{expiry}"));
        var presented = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(signature));
        if (key is null || !CryptographicOperations.FixedTimeEquals(presented, Encoding.UTF8.GetBytes(Convert.ToBase64String(expected))))
        {
            throw new RelayFault(401, "InvalidSignature: The token has an invalid signature.");
        }

        var expiresOn = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (expiresOn <= timeProvider.GetUtcNow())
        {
            throw new RelayFault(401, "ExpiredToken: The token is expired.");
        }

        if (!Covers(Uri.UnescapeDataString(resource), host, path) || (key.Rights & right) == 0)
        {
            throw new RelayFault(403, $"Unauthorized: Unauthorized access for '{right}' operation on endpoint '{path}'.");
        }

        return expiresOn;
    }

    /// <summary>A token is for a namespace, for a path, or for everything below it. Scheme and port say nothing: clients differ in both.</summary>
    private static bool Covers(string resource, string host, string path)
    {
        if (!Uri.TryCreate(resource, UriKind.Absolute, out var uri) || !string.Equals(uri.Host, host, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var covered = uri.AbsolutePath.Trim('/');
        return covered.Length == 0 || string.Equals(covered, path, StringComparison.OrdinalIgnoreCase)
            || path.StartsWith(covered + "/", StringComparison.OrdinalIgnoreCase);
    }
}
