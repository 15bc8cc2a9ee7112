using System.Buffers.Text;
using Byok.Core.Envelope;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>A text that others may write into a field.</summary>
/// <param name="Field">The field.</param>
/// <param name="Text">The text; null when the field is left out.</param>
/// <param name="HasForm">Whether it has the form that docs/FORMAT.md asks for, within the limits.</param>
/// <param name="IsHarmless">Whether the blob is intact when the MAC verifies over it.</param>
internal sealed record HostileValue(string Field, string? Text, bool HasForm = false, bool IsHarmless = false)
{
    /// <summary>Stands for the vault's own address.</summary>
    public const string Vault = "https://vault.example";

    private static readonly string?[] NoNumber =
    [
        null, "", " ", "-1", "+1", "01", "1 ", "1.0", "1e3", "0x10", "1,000", "\u0663", "NaN", "2147483648", "4294967296", "9007199254740993", "1000000000000000",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775808", "00000000000000000000000000000001", new string('9', 5000),
    ];

    private static readonly string?[] NoBytes = [null, "", "A", "=", "AAAA", "????", "\u00fc", new string('A', 44), new string('A', 43) + "=", new string('A', 5000)];

    public static IReadOnlyList<HostileValue> All { get; } =
    [
        // What is within the limits has its form; whether the numbers go together is looked at when the MAC verifies, and not before.
        .. Malformed(EnvelopeFields.Length, [.. NoNumber.Where(text => !IsUInt32(text)), "140737488355329", "999999999999999"]),
        .. Altered(EnvelopeFields.Length, "0", "1", "139", "141", "2147483648", "4294967296", "140737488355328"),
        .. Malformed(EnvelopeFields.ChunkSize, [.. NoNumber, "0", "1", "63", "4194305", "2147483647"]), .. Altered(EnvelopeFields.ChunkSize, "64", "139", "140", "4194303"),
        .. Malformed(EnvelopeFields.TableSegment, [.. NoNumber, "0", "32769", "2147483647"]), .. Harmless(EnvelopeFields.TableSegment, "1", "2", "32767", "32768"),
        .. Malformed(EnvelopeFields.Written, [.. NoNumber.Where(text => !IsUInt32(text)), "253402300800000", "999999999999999"]),
        .. Harmless(EnvelopeFields.Written, "0", "1", "2147483647", "2147483648", "4294967296", "253402300799998", "253402300799999"),
        .. Malformed(EnvelopeFields.Format, [.. NoNumber, "0", "2", "999999999999999"]),
        .. Malformed(EnvelopeFields.BlobId, NoBytes), .. Altered(EnvelopeFields.BlobId, Base64Url.EncodeToString(new byte[16])),
        .. new[] { EnvelopeFields.NameHash, EnvelopeFields.Commitment, EnvelopeFields.Mac, EnvelopeFields.Branch }
            .SelectMany(field => Malformed(field, NoBytes).Concat(Altered(field, Base64Url.EncodeToString(new byte[32])))),
        .. Malformed(EnvelopeFields.SealedDek, NoBytes), .. Malformed(EnvelopeFields.SealedDek, [.. Filled(0, 32, 59, 61, 2048)]),
        .. Altered(EnvelopeFields.SealedDek, [.. Filled(0, 60), .. Filled(0xFF, 60)]),

        // The copy is one candidate of two: the branch's record serves.
        .. Malformed(EnvelopeFields.KeyThumbprint, NoBytes), .. Harmless(EnvelopeFields.KeyThumbprint, Base64Url.EncodeToString(new byte[32])),
        .. Malformed(EnvelopeFields.WrappedBranch, NoBytes), .. Malformed(EnvelopeFields.WrappedBranch, [.. Filled(0, 255, 257, 383, 385, 511, 513, 2048)]),
        .. Harmless(EnvelopeFields.WrappedBranch, [.. Filled(0, 256, 384, 512), .. Filled(0xFF, 256, 384, 512)]),
        .. Malformed(EnvelopeFields.Table, null, "", "inline", "inline.A", "INLINE.AAAA", "Tail", "tail ", "table", "inline." + new string('A', 8186)),
        .. Altered(EnvelopeFields.Table, "tail", "inline.", "inline.AAAA", "inline." + Base64Url.EncodeToString(new byte[60]), "inline." + new string('A', 8184)),
        .. Malformed(
            EnvelopeFields.KeyId, null, "", "x", "customer-key", "http://vault.example/keys/customer-key/0", $"{Vault}/keys/customer-key", $"{Vault}/keys/customer-key/",
            $"{Vault}/keys/customer-key/versions/", $"{Vault}:0/keys/customer-key/0", $"{Vault}:443/keys/customer-key/0", $"{Vault}:65536/keys/customer-key/0",
            "https://VAULT.example/keys/customer-key/0", "https://u:p@vault.example/keys/customer-key/0", "https://[::1]/keys/customer-key/0",
            "https://[fe80::1%25eth0]/keys/customer-key/0", "https://0x7f.1/keys/customer-key/0", "https://v\u00fc.example/keys/customer-key/0",
            $"{Vault}/keys/../keys/customer-key/0", $"{Vault}/keys/customer-key/0?x", $"{Vault}/keys/customer-key/0#x", "https:///keys/customer-key/0",
            $"{Vault}/keys/{new string('k', 128)}/0", $"{Vault}/keys/customer-key/{new string('0', 65)}", $"https://{new string('v', 64)}.example/keys/customer-key/0",
            KeyIdOf(EnvelopeFormat.MaxKeyIdLength + 1), KeyIdOf(3700)),
        .. Harmless(EnvelopeFields.KeyId, [.. Versions.Select(version => $"{Vault}/keys/customer-key/{version}"), KeyIdOf(EnvelopeFormat.MaxKeyIdLength)]),
        .. Altered(EnvelopeFields.KeyId, [.. Versions.SelectMany(_ => new[] { "nobody", new string('k', 127) }, (version, name) => $"{Vault}/keys/{name}/{version}")]),
        .. Malformed("byok_more", "1"), .. Malformed("byok_" + new string('m', 4000), "1"), .. Malformed("byok_wrapped_dek", Base64Url.EncodeToString(new byte[256])),
    ];

    private static IReadOnlyList<string> Versions => ["versions", "rotationpolicy", "backup", new string('0', 64)];

    private static bool IsUInt32(string? text) => text is "2147483648" or "4294967296";

    private static IEnumerable<string> Filled(byte fill, params int[] lengths) =>
        lengths.Select(length => Base64Url.EncodeToString([.. Enumerable.Repeat(fill, length)]));

    /// <summary>An identifier of a version of ours, as long as said: at a host with labels of 63 characters.</summary>
    private static string KeyIdOf(int length)
    {
        const string begin = "https://", end = ".example/keys/customer-key/0";
        return begin + string.Concat(Enumerable.Range(0, length - begin.Length - end.Length).Select(index => index % 64 == 63 ? '.' : 'v')) + end;
    }

    private static IEnumerable<HostileValue> Malformed(string field, params string?[] texts) => texts.Select(text => new HostileValue(field, text));

    private static IEnumerable<HostileValue> Altered(string field, params string[] texts) => texts.Select(text => new HostileValue(field, text, HasForm: true));

    private static IEnumerable<HostileValue> Harmless(string field, params string[] texts) =>
        texts.Select(text => new HostileValue(field, text, HasForm: true, IsHarmless: true));
}
