using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Byok.Core.Keys;

/// <summary>An RSA public key as a JSON Web Key holds it: modulus and exponent, big-endian without leading zeros, base64url (RFC 7518, 6.3.1).</summary>
public sealed record RsaPublicKey
{
    /// <summary>Creates a key from its base64url parts.</summary>
    /// <exception cref="FormatException">A part is not base64url, is empty, or has a leading zero byte.</exception>
    [JsonConstructor]
    public RsaPublicKey(string n, string e)
    {
        N = Canonical(n, nameof(n));
        E = Canonical(e, nameof(e));
        var modulus = Base64Url.DecodeFromChars(N);
        SizeInBits = (modulus.Length * 8) - (byte.LeadingZeroCount(modulus[0]));
    }

    /// <summary>The modulus, base64url.</summary>
    [JsonPropertyName("n")]
    public string N { get; }

    /// <summary>The public exponent, base64url.</summary>
    [JsonPropertyName("e")]
    public string E { get; }

    /// <summary>Size of the modulus in bits.</summary>
    [JsonIgnore]
    public int SizeInBits { get; }

    /// <summary>
    /// Whether an HSM may wrap to it: the modulus is odd, and so is the exponent, of 65537 or more (FIPS 186-5, A.1.1: an exponent of 1 would hand out
    /// what is wrapped) and below 2^32 (the standard allows 2^256; no vault makes such keys, and not every HSM takes them).
    /// </summary>
    [JsonIgnore]
    public bool IsSound =>
        Base64Url.DecodeFromChars(E) is { Length: 3 or 4 } exponent && (exponent[^1] & 1) == 1 && (Base64Url.DecodeFromChars(N)[^1] & 1) == 1;

    /// <summary>Creates a key from big-endian bytes; leading zeros are dropped.</summary>
    public static RsaPublicKey FromBytes(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent) =>
        new(Base64Url.EncodeToString(modulus.TrimStart((byte)0)), Base64Url.EncodeToString(exponent.TrimStart((byte)0)));

    /// <summary>Creates a key from .NET's parameters; private parts are not looked at.</summary>
    public static RsaPublicKey FromParameters(RSAParameters parameters) => FromBytes(parameters.Modulus, parameters.Exponent);

    /// <summary>The key as .NET's parameters, public parts only.</summary>
    public RSAParameters ToParameters() => new()
    {
        Modulus = Base64Url.DecodeFromChars(N),
        Exponent = Base64Url.DecodeFromChars(E),
    };

    /// <summary>The key's thumbprint, RFC 7638: SHA-256 over the canonical JWK, base64url, 43 characters.</summary>
    [JsonIgnore]
    public string Thumbprint =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"{{E}}","kty":"RSA","n":"{{N}}"}""")));

    private static string Canonical(string part, string name)
    {
        ArgumentNullException.ThrowIfNull(part, name);
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(part);
        }
        catch (FormatException exception)
        {
            throw new FormatException($"RSA public key: '{name}' is not base64url.", exception);
        }

        if (bytes.Length == 0 || bytes[0] == 0)
        {
            throw new FormatException($"RSA public key: '{name}' is empty or starts with a zero byte.");
        }

        return Base64Url.EncodeToString(bytes);
    }
}
