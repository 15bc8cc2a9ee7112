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
        // The inline table is of one chunk, so a length or chunk size that makes them more, or none, has not the form.
        .. Malformed(EnvelopeFields.Length, [.. NoNumber, "0", "140737488355328", "140737488355329"]), .. Altered(EnvelopeFields.Length, "1", "139", "141"),
        .. Malformed(EnvelopeFields.ChunkSize, [.. NoNumber, "0", "1", "63", "64", "139", "4194305", "2147483647"]), .. Altered(EnvelopeFields.ChunkSize, "140", "4194303"),
        .. Malformed(EnvelopeFields.TableSegment, [.. NoNumber, "0", "32769", "2147483647"]), .. Harmless(EnvelopeFields.TableSegment, "1", "2", "32767", "32768"),
        .. Malformed(EnvelopeFields.Generation, [.. NoNumber.Where(text => text is not ("2147483648" or "4294967296")), "0"]),
        .. Harmless(EnvelopeFields.Generation, "2", "2147483647", "2147483648", "4294967296", "999999999999998", "999999999999999"),
        .. Malformed(EnvelopeFields.Format, [.. NoNumber, "0", "2", "999999999999999"]),
        .. Malformed(EnvelopeFields.BlobId, NoBytes), .. Altered(EnvelopeFields.BlobId, Base64Url.EncodeToString(new byte[16])),
        .. new[] { EnvelopeFields.NameHash, EnvelopeFields.Commitment, EnvelopeFields.Mac, EnvelopeFields.KeyThumbprint }
            .SelectMany(field => Malformed(field, NoBytes).Concat(Altered(field, Base64Url.EncodeToString(new byte[32])))),
        .. Malformed(EnvelopeFields.WrappedDek, NoBytes),
        .. Malformed(EnvelopeFields.WrappedDek, [.. new[] { 255, 257, 383, 511, 513, 2048 }.Select(length => Base64Url.EncodeToString(new byte[length]))]),
        .. Altered(EnvelopeFields.WrappedDek, [.. new[] { 256, 384, 512 }.SelectMany(_ => new byte[] { 0, 0xFF }, (length, fill) =>
            Base64Url.EncodeToString([.. Enumerable.Repeat(fill, length)]))]),
        .. Malformed(EnvelopeFields.Table, null, "", "inline", "inline.", "inline.A", "INLINE.AAAA", "Tail", "tail ", "table", "inline." + new string('A', 6000)),
        .. Altered(EnvelopeFields.Table, "tail", "inline." + Base64Url.EncodeToString(new byte[60])),
        .. Malformed(
            EnvelopeFields.KeyId, null, "", "x", "customer-key", "http://vault.example/keys/customer-key/0", $"{Vault}/keys/customer-key", $"{Vault}/keys/customer-key/",
            $"{Vault}/keys/customer-key/versions/", $"{Vault}:0/keys/customer-key/0", $"{Vault}:443/keys/customer-key/0", $"{Vault}:65536/keys/customer-key/0",
            "https://VAULT.example/keys/customer-key/0", "https://u:p@vault.example/keys/customer-key/0", "https://[::1]/keys/customer-key/0",
            "https://[fe80::1%25eth0]/keys/customer-key/0", "https://0x7f.1/keys/customer-key/0", "https://v\u00fc.example/keys/customer-key/0",
            $"{Vault}/keys/../keys/customer-key/0", $"{Vault}/keys/customer-key/0?x", $"{Vault}/keys/customer-key/0#x", "https:///keys/customer-key/0",
            $"{Vault}/keys/{new string('k', 128)}/0", $"{Vault}/keys/customer-key/{new string('0', 65)}", $"https://{new string('v', 64)}.example/keys/customer-key/0",
            $"https://{string.Join('.', Enumerable.Repeat(new string('v', 60), 60))}/keys/customer-key/0"),
        .. Harmless(
            EnvelopeFields.KeyId,
            [.. new[] { "versions", "rotationpolicy", "backup", new string('0', 64) }.SelectMany(_ => new[] { "customer-key", "nobody", new string('k', 127) }, (version, name) =>
                $"{Vault}/keys/{name}/{version}")]),
        .. Malformed("byok_more", "1"), .. Malformed("byok_" + new string('m', 4000), "1"),
    ];

    private static IEnumerable<HostileValue> Malformed(string field, params string?[] texts) => texts.Select(text => new HostileValue(field, text));

    private static IEnumerable<HostileValue> Altered(string field, params string[] texts) => texts.Select(text => new HostileValue(field, text, HasForm: true));

    private static IEnumerable<HostileValue> Harmless(string field, params string[] texts) =>
        texts.Select(text => new HostileValue(field, text, HasForm: true, IsHarmless: true));
}
