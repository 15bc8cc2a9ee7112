using System.Collections.Concurrent;
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

    public static string VectorFolder { get; } = FindVectorFolder();

    public static string KeyFile => Path.Combine(VectorFolder, "keys", "test-only-wrapping-key.pem");

    public static KeyIdentifier KeyId { get; } = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/0123456789abcdef0123456789abcdef");

    public static RsaPublicKey PublicKey => RsaPublicKey.FromParameters(Rsa.Value.ExportParameters(false));

    /// <summary>A key identifier of a length near the longest: labels, name and version as long as they may be, and the first label fills what is left.</summary>
    public static string LongKeyId(int length)
    {
        var rest = $".{new string('h', 63)}.{new string('1', 63)}.{new string('n', 63)}:8443/keys/{new string('k', KeyName.MaxLength)}/{new string('v', 64)}";
        return $"https://{new string('a', length - rest.Length - "https://".Length)}{rest}";
    }

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

    /// <summary>From where the tests run up to the repository: a source path would be mapped away in a deterministic build.</summary>
    private static string FindVectorFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ByokFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "vectors", "envelope");
    }
}
