using System.Text.Encodings.Web;
using System.Text.Json;
using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>One scenario, as it stands in a file of <c>tests/vectors/envelope</c>.</summary>
internal sealed record EnvelopeVector
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What is special here.</summary>
    public required string Scenario { get; init; }

    /// <summary><c>good</c>, <c>integrity</c>, <c>unsupported-version</c>, <c>malformed</c> or <c>key-unavailable</c>.</summary>
    public required string Expected { get; init; }

    /// <summary>The container that is asked for.</summary>
    public string Container { get; init; } = TestBlob.Container;

    /// <summary>The blob that is asked for.</summary>
    public string Blob { get; init; } = TestBlob.Name;

    /// <summary>Whether the reader is told that the blob was renamed.</summary>
    public bool AllowRenamed { get; init; }

    /// <summary>The key names that the reader accepts.</summary>
    public required IReadOnlyList<string> AcceptedKeys { get; init; }

    /// <summary>What the vault lists under the blob's key name.</summary>
    public required IReadOnlyList<KeyVersion> KeyVersions { get; init; }

    /// <summary>The branch's record, base64; null when there is none.</summary>
    public byte[]? Record { get; init; }

    /// <summary>All metadata of the blob.</summary>
    public required Dictionary<string, string> Metadata { get; init; }

    /// <summary>The stored bytes, base64.</summary>
    public required byte[] Content { get; init; }

    /// <summary>What a reader must return, base64; null unless good.</summary>
    public byte[]? Plaintext { get; init; }

    public static EnvelopeVector Read(string path) => JsonSerializer.Deserialize<EnvelopeVector>(File.ReadAllText(path), Json)!;

    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    public TestReader Reader() => new([.. KeyVersions.Select(version => version.ToVaultKey())], new AcceptedKeys(AcceptedKeys), Record);

    /// <summary>One version of the key.</summary>
    internal sealed record KeyVersion(KeyIdentifier Id, string Thumbprint, bool Enabled, SortedDictionary<string, string> Tags)
    {
        public static KeyVersion Of(VaultKey key) => new(key.Id, key.PublicKey!.Thumbprint, key.Enabled, new(key.Tags.ToDictionary(), StringComparer.Ordinal));

        public VaultKey ToVaultKey() => TestKeys.Version(Id, TestKeys.Find(Thumbprint), Enabled, Tags);
    }
}
