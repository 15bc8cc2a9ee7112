using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Envelope;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>
/// The wrapped DEKs of the vectors. RSA-OAEP is random and the platform lets nobody inject that, so they are kept in a file; all else
/// of the vectors is computed anew.
/// </summary>
internal sealed class WrappedDeks
{
    private readonly Dictionary<string, byte[]> _wrapped;

    private WrappedDeks(Dictionary<string, byte[]> wrapped) => _wrapped = wrapped;

    public static string FilePath => Path.Combine(TestKeys.VectorFolder, "keys", "wrapped-deks.json");

    public byte[] this[string name] => _wrapped[name];

    public static WrappedDeks Read() => new(JsonSerializer.Deserialize<Dictionary<string, byte[]>>(File.ReadAllText(FilePath))!);

    public static byte[] Dek(string name) => new DeterministicRandom($"dek {name}").Bytes(EnvelopeFormat.KeySizeInBytes);

    /// <summary>Wraps them; only ever needed when the test key or this list changes.</summary>
    public static void Write()
    {
        using var rsa = RSA.Create();
        rsa.ImportParameters(TestKeys.PublicKey.ToParameters());
        var wrapped = new Dictionary<string, byte[]>
        {
            ["one"] = rsa.Encrypt(Dek("one"), RSAEncryptionPadding.OaepSHA256),
            ["one, again"] = rsa.Encrypt(Dek("one"), RSAEncryptionPadding.OaepSHA256),
            ["other"] = rsa.Encrypt(Dek("other"), RSAEncryptionPadding.OaepSHA256),
            ["one, by OAEP with SHA-1"] = rsa.Encrypt(Dek("one"), RSAEncryptionPadding.OaepSHA1),
            ["31 bytes"] = rsa.Encrypt(Dek("one")[..31], RSAEncryptionPadding.OaepSHA256),
        };
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        File.WriteAllText(FilePath, JsonSerializer.Serialize(wrapped, JsonSerializerOptions.Web) + "\n");
    }
}
