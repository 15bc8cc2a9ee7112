using System.Collections.Concurrent;
using System.Security.Cryptography;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope;

/// <summary>The wrapping keys and the branch of the vectors, private parts and all: worth nothing, protect nothing.</summary>
internal static class TestKeys
{
    public static string VectorFolder { get; } = FindVectorFolder();

    private static readonly Lazy<RSA[]> Rsa = new(() =>
    [
        .. File.ReadAllText(KeyFile).Split("-----BEGIN", StringSplitOptions.RemoveEmptyEntries).Select(pem =>
        {
            var rsa = RSA.Create();
            rsa.ImportFromPem($"-----BEGIN{pem}");
            return rsa;
        }),
    ]);

    // The private operation would take most of the time of the tests that read one blob thousands of times.
    private static readonly ConcurrentDictionary<string, byte[]> Unwrapped = new();

    public static string KeyFile => Path.Combine(VectorFolder, "keys", "test-only-wrapping-keys.pem");

    public static KeyIdentifier KeyId { get; } = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/0123456789abcdef0123456789abcdef");

    public static KeyIdentifier NewKeyId { get; } = KeyIdentifier.Parse("https://contoso.vault.azure.net/keys/archive/fedcba9876543210fedcba9876543210");

    public static RsaPublicKey PublicKey => RsaPublicKey.FromParameters(Rsa.Value[0].ExportParameters(false));

    /// <summary>The key that a rotation moves to.</summary>
    public static RsaPublicKey NewPublicKey => RsaPublicKey.FromParameters(Rsa.Value[1].ExportParameters(false));

    /// <summary>The branch that blobs are written under, where a test does not say otherwise.</summary>
    public static BranchKey Branch { get; } = BranchOf("one");

    /// <summary>Its key, wrapped by the first key.</summary>
    public static BranchWrapping Wrapping { get; } = Branch.WrapWith(KeyId, PublicKey);

    public static AcceptedKeys Accepted { get; } = new(["archive"]);

    /// <summary>What the vault has: one version in use, and the branch pinned.</summary>
    public static KeyLife Life { get; } = new("archive", [Version(KeyId, PublicKey, KeyTags.Active, 1, BranchPins.Start("archive", Branch.Name))], null);

    /// <summary>The same key for the same name, always.</summary>
    public static BranchKey BranchOf(string name) => BranchKey.Generate(new DeterministicRandom($"branch {name}").Fill);

    public static VaultKey Version(KeyIdentifier id, RsaPublicKey key, string state, long? activation = null, BranchPins? pins = null, bool isEnabled = true)
    {
        var tags = new Dictionary<string, string> { [KeyTags.State] = state };
        if (activation is not null)
        {
            tags[KeyTags.Activation] = $"{activation}";
        }

        return Version(id, key, isEnabled, pins?.WriteTo(tags) ?? tags);
    }

    public static VaultKey Version(KeyIdentifier id, RsaPublicKey? key, bool isEnabled, IReadOnlyDictionary<string, string> tags) => new()
    {
        Id = id,
        PublicKey = key,
        KeyType = "RSA-HSM",
        Operations = ["wrapKey", "unwrapKey"],
        Enabled = isEnabled,
        CreatedOn = DateTimeOffset.UnixEpoch,
        UpdatedOn = DateTimeOffset.UnixEpoch,
        Tags = tags,
    };

    /// <summary>A key identifier of a length near the longest: labels, name and version as long as they may be, and the first label fills what is left.</summary>
    public static string LongKeyId(int length)
    {
        var rest = $".{new string('h', 63)}.{new string('1', 63)}.{new string('n', 63)}:8443/keys/{new string('k', KeyName.MaxLength)}/{new string('v', 64)}";
        return $"https://{new string('a', length - rest.Length - "https://".Length)}{rest}";
    }

    /// <summary>The test key of a thumbprint, public part; it may be in the vault under any version.</summary>
    public static RsaPublicKey Find(string thumbprint) => new[] { PublicKey, NewPublicKey }.Single(key => key.Thumbprint == thumbprint);

    /// <summary>What a vault that has these versions does with a wrapped key.</summary>
    public static Task<byte[]> UnwrapAsync(KeyLife life, KeyIdentifier id, ReadOnlyMemory<byte> wrapped)
    {
        var version = life.Versions.Single(version => version.Id == id);
        if (!version.Enabled)
        {
            throw new KeyUnavailableException($"The key version {id} is disabled.");
        }

        try
        {
            var thumbprint = version.PublicKey!.Thumbprint;
            var text = $"{thumbprint} {Convert.ToBase64String(wrapped.Span)}";
            if (!Unwrapped.TryGetValue(text, out var key))
            {
                lock (Rsa)
                {
                    var rsa = Rsa.Value.Single(rsa => RsaPublicKey.FromParameters(rsa.ExportParameters(false)).Thumbprint == thumbprint);
                    key = Unwrapped[text] = rsa.Decrypt(wrapped.Span, RSAEncryptionPadding.OaepSHA256);
                }
            }

            return Task.FromResult((byte[])key.Clone());
        }
        catch (CryptographicException exception)
        {
            throw new IntegrityException($"The wrapped key does not unwrap under {id}.", exception);
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
