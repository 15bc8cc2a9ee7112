using System.Security.Cryptography;
using System.Text.Json;
using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>
/// The wrapped branch keys of the vectors. RSA-OAEP is random and the platform lets nobody inject that, so they are kept in a file; all else
/// of the vectors is computed anew.
/// </summary>
internal sealed class WrappedBranches
{
    public const string One = "one";
    public const string OneAgain = "one, again";
    public const string OneByNewKey = "one, by the new key";
    public const string Other = "other";
    public const string Stranger = "stranger";
    public const string OneBySha1 = "one, by OAEP with SHA-1";
    public const string ShortKey = "31 bytes";

    private readonly Dictionary<string, byte[]> _wrapped;

    private WrappedBranches(Dictionary<string, byte[]> wrapped) => _wrapped = wrapped;

    public static string FilePath => Path.Combine(TestKeys.VectorFolder, "keys", "wrapped-branches.json");

    public static WrappedBranches Read() => new(JsonSerializer.Deserialize<Dictionary<string, byte[]>>(File.ReadAllText(FilePath))!);

    public byte[] Bytes(string name) => _wrapped[name];

    /// <summary>A wrapping as it claims to be: under that version of the key, whatever it holds.</summary>
    public BranchWrapping As(string name, KeyIdentifier? id = null) =>
        new(id ?? (name == OneByNewKey ? TestKeys.NewKeyId : TestKeys.KeyId), (name == OneByNewKey ? TestKeys.NewPublicKey : TestKeys.PublicKey).Thumbprint, _wrapped[name]);

    /// <summary>Wraps them; only ever needed when a test key or this list changes.</summary>
    public static void Write()
    {
        static byte[] Wrap(string branch, RsaPublicKey by, RSAEncryptionPadding? padding = null, int length = 32)
        {
            using var rsa = RSA.Create();
            rsa.ImportParameters(by.ToParameters());
            using var key = TestKeys.BranchOf(branch);
            return rsa.Encrypt(key.Bytes[..length], padding ?? RSAEncryptionPadding.OaepSHA256);
        }

        var wrapped = new Dictionary<string, byte[]>
        {
            [One] = Wrap("one", TestKeys.PublicKey),
            [OneAgain] = Wrap("one", TestKeys.PublicKey),
            [OneByNewKey] = Wrap("one", TestKeys.NewPublicKey),
            [Other] = Wrap("other", TestKeys.PublicKey),
            [Stranger] = Wrap("stranger", TestKeys.PublicKey),
            [OneBySha1] = Wrap("one", TestKeys.PublicKey, RSAEncryptionPadding.OaepSHA1),
            [ShortKey] = Wrap("one", TestKeys.PublicKey, length: 31),
        };
        File.WriteAllText(FilePath, JsonSerializer.Serialize(wrapped, JsonSerializerOptions.Web) + "\n");
    }
}
