using System.Buffers.Text;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Transfer;

/// <summary>
/// A BYOK transfer blob (.byok): a key on its way into a vault, wrapped to a KEK (Azure "Bring your own key specification").
/// The ciphertext is <c>RSA-OAEP(ephemeral AES-256 key) || AES-KWP(target key)</c>, what <c>CKM_RSA_AES_KEY_WRAP</c> gives.
/// Nothing authenticates the JSON around it: all that is known of a parsed blob is that its form is right.
/// </summary>
public sealed class TransferBlob
{
    /// <summary>The only schema version there is.</summary>
    public const string SchemaVersion = "1.0.0";

    /// <summary>The only <c>alg</c>: the key that wraps is used as it is.</summary>
    public const string Algorithm = "dir";

    /// <summary>The only <c>enc</c>.</summary>
    public const string Encryption = "CKM_RSA_AES_KEY_WRAP";

    /// <summary>Largest file that is looked at: 64 KiB. An RSA-4096 key under an RSA-4096 KEK takes about 4 KiB.</summary>
    public const int MaxLengthInBytes = 64 * 1024;

    /// <summary>Longest <c>generator</c>, in characters.</summary>
    public const int MaxGeneratorLength = 256;

    private TransferBlob(KeyIdentifier kekId, ReadOnlyMemory<byte> ciphertext, string generator)
    {
        KekId = kekId;
        Ciphertext = ciphertext;
        Generator = generator;
    }

    /// <summary>The KEK that the key is wrapped to.</summary>
    public KeyIdentifier KekId { get; }

    /// <summary>The wrapped key, both halves.</summary>
    public ReadOnlyMemory<byte> Ciphertext { get; }

    /// <summary>Tool and version, HSM and firmware that made the blob; empty when it does not say.</summary>
    public string Generator { get; }

    /// <summary>Makes a blob from a wrapped key.</summary>
    /// <param name="kekId">The KEK's versioned identifier.</param>
    /// <param name="ciphertext">OAEP half and KWP half, one after the other.</param>
    /// <param name="generator">Tool and version, HSM and firmware: 1 to 256 characters, none of them a control character.</param>
    /// <exception cref="ArgumentException">A part is not in its form.</exception>
    public static TransferBlob Create(KeyIdentifier kekId, ReadOnlySpan<byte> ciphertext, string generator)
    {
        ArgumentNullException.ThrowIfNull(kekId);
        ArgumentException.ThrowIfNullOrWhiteSpace(generator);
        if (generator.Length > MaxGeneratorLength || generator.Any(char.IsControl))
        {
            throw new ArgumentException($"A generator is 1 to {MaxGeneratorLength} characters, none of them a control character.", nameof(generator));
        }

        if (!TransferBlobLength.IsPossible(ciphertext.Length))
        {
            throw new ArgumentException($"{ciphertext.Length} bytes are no OAEP half and KWP half.", nameof(ciphertext));
        }

        return new TransferBlob(kekId, ciphertext.ToArray(), generator);
    }

    /// <summary>Parses a .byok file. Strict: a duplicate, unknown or missing member, white space or padding in the ciphertext are refused.</summary>
    /// <param name="utf8">The whole file, UTF-8 JSON, at most 64 KiB.</param>
    /// <exception cref="TransferBlobException">The file is not in its form; the message names the first fault.</exception>
    public static TransferBlob Parse(ReadOnlySpan<byte> utf8)
    {
        var findings = new TransferBlobFindings();
        var fields = TransferBlobFields.Read(utf8, findings);
        fields.Check(findings);
        if (findings.FirstError is { } fault)
        {
            throw new TransferBlobException($"The transfer blob is refused ({fault.Code}): {fault.Message}");
        }

        return new TransferBlob(fields.KekId!, fields.CiphertextBytes, fields.Generator ?? string.Empty);
    }

    /// <summary>Divides the ciphertext by the size of the KEK.</summary>
    /// <param name="kekSizeInBits">Size of the KEK's modulus: 2048, 3072 or 4096.</param>
    /// <exception cref="TransferBlobException">The ciphertext is too short for that KEK, or the rest is no KWP output.</exception>
    public TransferBlobHalves Split(int kekSizeInBits)
    {
        var findings = new TransferBlobFindings();
        TransferBlobLength.CheckHalves(Ciphertext.Length, kekSizeInBits, findings);
        return findings.FirstError is { } fault
            ? throw new TransferBlobException($"The transfer blob for {KekId} is refused ({fault.Code}): {fault.Message}")
            : new TransferBlobHalves(Ciphertext[..(kekSizeInBits / 8)], Ciphertext[(kekSizeInBits / 8)..]);
    }

    /// <summary>The blob as a .byok file: UTF-8 JSON without white space, members in the specification's order.</summary>
    public byte[] ToUtf8Json()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("schema_version", SchemaVersion);
            writer.WriteStartObject("header");
            writer.WriteString("kid", KekId.ToString());
            writer.WriteString("alg", Algorithm);
            writer.WriteString("enc", Encryption);
            writer.WriteEndObject();
            writer.WriteString("ciphertext", Base64Url.EncodeToString(Ciphertext.Span));
            writer.WriteString("generator", Generator);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
