using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope;

/// <summary>The wrapping key of the vectors, private part and all: worth nothing, protects nothing.</summary>
internal static class TestKeys
{
    private static readonly Lazy<RSA> Rsa = new(() =>
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(KeyFile));
        return rsa;
    });

    // The private operation would take most of the time of the tests that read one blob thousands of times.
    private static readonly ConcurrentDictionary<string, byte[]> Unwrapped = new();

    public static string VectorFolder => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../vectors/envelope"));

    public static string KeyFile => Path.Combine(VectorFolder, "keys", "test-only-wrapping-key.pem");

    public static KeyIdentifier KeyId { get; } = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/0123456789abcdef0123456789abcdef");

    public static RsaPublicKey PublicKey => RsaPublicKey.FromParameters(Rsa.Value.ExportParameters(false));

    /// <summary>What a vault does with a wrapped DEK.</summary>
    public static DataEncryptionKey Unwrap(ReadOnlySpan<byte> wrapped)
    {
        try
        {
            var text = Convert.ToBase64String(wrapped);
            if (!Unwrapped.TryGetValue(text, out var dek))
            {
                lock (Rsa)
                {
                    dek = Unwrapped[text] = Rsa.Value.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
                }
            }

            return DataEncryptionKey.FromBytes(dek);
        }
        catch (CryptographicException exception)
        {
            throw new IntegrityException("The DEK does not unwrap.", exception);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
