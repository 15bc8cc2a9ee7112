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
        rsa.ImportFromPem(File.ReadAllText(Path.Combine(VectorFolder, "test-only-wrapping-key.pem")));
        return rsa;
    });

    public static string VectorFolder => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../vectors/envelope"));

    public static KeyIdentifier KeyId { get; } = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/0123456789abcdef0123456789abcdef");

    public static RsaPublicKey PublicKey => RsaPublicKey.FromParameters(Rsa.Value.ExportParameters(false));

    /// <summary>What a vault does with a wrapped DEK.</summary>
    public static DataEncryptionKey Unwrap(ReadOnlySpan<byte> wrapped)
    {
        try
        {
            lock (Rsa)
            {
                return DataEncryptionKey.FromBytes(Rsa.Value.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256));
            }
        }
        catch (CryptographicException exception)
        {
            throw new IntegrityException("The DEK does not unwrap.", exception);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
