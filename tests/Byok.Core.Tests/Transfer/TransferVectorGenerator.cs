using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Byok.Core.Tests.Transfer;

/// <summary>
/// Makes the scenarios under tests/vectors/transfer. The ciphertexts are not keys: the linter sees only lengths, so SHA-256 in counter
/// mode over the scenario's name fills them. <c>BYOK_WRITE_VECTORS=1 dotnet test --filter TransferVectorTests</c> writes the files anew.
/// </summary>
internal static class TransferVectorGenerator
{
    private const string Kid = "https://contoso.vault.azure.net/keys/byok-kek-1/0123456789abcdef0123456789abcdef";
    private static readonly Uri Vault = new("https://contoso.vault.azure.net");

    public static IEnumerable<TransferVector> All()
    {
        // good
        yield return Make("good_rsa2048_under_kek2048", "an RSA-2048 key, 1,224 bytes wrapped", 2048, 2048, Blob(Bytes(256 + 1224)));
        yield return Make("good_rsa3072_under_kek3072", "an RSA-3072 key, 1,808 bytes wrapped", 3072, 3072, Blob(Bytes(384 + 1808)));
        yield return Make("good_rsa4096_under_kek4096", "an RSA-4096 key, 2,384 bytes wrapped", 4096, 4096, Blob(Bytes(512 + 2384)));
        yield return Make("good_sizes_unknown", "neither KEK nor target are known", null, null, Blob(Bytes(384 + 1232)));
        yield return Make("good_white_space_between_members", "white space is free in JSON", 2048, 2048, Blob(Bytes(256 + 1232)).Replace(",", ",\n  "));
        yield return Make("good_members_in_another_order", "order is free in JSON", 2048, 2048, Reordered(Bytes(256 + 1232)));
        yield return Make("good_escaped_member_name", "\\u006b is k", 2048, 2048, Blob(Bytes(256 + 1232)).Replace("\"kid\"", "\"\\u006bid\""));

        // not a transfer blob at all
        yield return Make("empty_file", "no byte", null, null, "", "not-json");
        yield return Make("text_not_json", "a PEM file", null, null, "-----BEGIN PUBLIC KEY-----", "not-json");
        yield return Make("truncated_file", "the last brace is missing", 2048, 2048, Blob(Bytes(1488))[..^1], "not-json");
        yield return Make("array_instead_of_object", "a list", null, null, $"[{Blob(Bytes(1488))}]", "not-an-object");
        yield return Make("two_objects", "a second object behind the first", 2048, 2048, Blob(Bytes(1488)) + "{}", "not-json");
        yield return Make("comment_in_json", "JSON has no comments", 2048, 2048, Blob(Bytes(1488)).Replace(",", ",/**/"), "not-json");
        yield return Make("trailing_comma", "JSON has no trailing comma", 2048, 2048, Blob(Bytes(1488)).Replace("\"}", "\",}"), "not-json");
        yield return Make("byte_order_mark", "saved by an editor", 2048, 2048, "\uFEFF" + Blob(Bytes(1488)), "byte-order-mark");
        yield return Make("too_large", "64 KiB and a byte of white space", null, null, Blob(Bytes(1488)).PadRight((64 * 1024) + 1), "too-large");
        yield return Make("nested_too_deep", "a header of nine levels", null, null, "{\"header\":" + new string('[', 9) + new string(']', 9) + "}", "wrong-type", "not-json");
        yield return Raw("invalid_utf8", "a byte that is not UTF-8", 2048, 2048, InvalidUtf8(), "not-json");

        // members
        yield return Make("empty_object", "all is missing", null, null, "{}", "missing-member", "missing-member", "missing-member", "generator-missing");
        yield return Make("missing_schema_version", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"schema_version\":\"1.0.0\",", ""), "missing-member");
        yield return Make("missing_kid", "", 2048, 2048, Blob(Bytes(1488)).Replace($"\"kid\":\"{Kid}\",", ""), "missing-member");
        yield return Make("missing_enc", "", 2048, 2048, Blob(Bytes(1488)).Replace(",\"enc\":\"CKM_RSA_AES_KEY_WRAP\"", ""), "missing-member");
        yield return Make("missing_generator", "a warning only", 2048, 2048, Blob(Bytes(1488)).Replace(",\"generator\":\"byok 0.1.0\"", ""), "generator-missing");
        yield return Make("duplicate_kid", "one reader takes the first, another the last", 2048, 2048, Blob(Bytes(1488)).Replace("\"kid\":", $"\"kid\":\"{Kid.Replace("contoso", "attacker")}\",\"kid\":"), "duplicate-member", "kid-other-vault");
        yield return Make("duplicate_kid_escaped", "the same name in another spelling", 2048, 2048, Blob(Bytes(1488)).Replace("\"alg\":", $"\"\\u006bid\":\"{Kid}\",\"alg\":"), "duplicate-member");
        yield return Make("duplicate_ciphertext", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"generator\"", "\"ciphertext\":\"AAAA\",\"generator\""), "duplicate-member");
        yield return Make("duplicate_header", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"ciphertext\"", "\"header\":{},\"ciphertext\""), "duplicate-member");
        yield return Make("unknown_member", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"generator\"", "\"exp\":1,\"generator\""), "unknown-member");
        yield return Make("unknown_header_member", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"alg\"", "\"zip\":\"DEF\",\"alg\""), "unknown-member");
        yield return Make("member_name_in_capitals", "names are case-sensitive", 2048, 2048, Blob(Bytes(1488)).Replace("\"kid\"", "\"KID\""), "unknown-member", "missing-member");
        yield return Make("kid_is_a_number", "", 2048, 2048, Blob(Bytes(1488)).Replace($"\"{Kid}\"", "7"), "wrong-type");
        yield return Make("header_is_a_string", "", 2048, 2048, Blob(Bytes(1488), header: "\"dir\""), "wrong-type");
        yield return Make("ciphertext_is_null", "", 2048, 2048, Blob(Bytes(1488), ciphertext: "null"), "wrong-type");

        // values
        yield return Make("wrong_schema_version", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"1.0.0\"", "\"1.0\""), "schema-version");
        yield return Make("wrong_alg", "", 2048, 2048, Blob(Bytes(1488)).Replace("\"dir\"", "\"none\""), "alg");
        yield return Make("wrong_enc", "the two-step mechanism by another name", 2048, 2048, Blob(Bytes(1488)).Replace("CKM_RSA_AES_KEY_WRAP", "RSA-OAEP"), "enc");
        yield return Make("wrong_enc_case", "", 2048, 2048, Blob(Bytes(1488)).Replace("CKM_RSA_AES_KEY_WRAP", "ckm_rsa_aes_key_wrap"), "enc");
        yield return Make("kid_without_version", "", 2048, 2048, Blob(Bytes(1488)).Replace("/0123456789abcdef0123456789abcdef", ""), "kid-not-versioned");
        yield return Make("kid_over_http", "", 2048, 2048, Blob(Bytes(1488)).Replace("https:", "http:"), "kid-not-versioned");
        yield return Make("kid_of_a_secret", "", 2048, 2048, Blob(Bytes(1488)).Replace("/keys/", "/secrets/"), "kid-not-versioned");
        yield return Make("kid_of_another_vault", "", 2048, 2048, Blob(Bytes(1488)).Replace("contoso", "fabrikam"), "kid-other-vault");
        yield return Make("kid_of_another_port", "", 2048, 2048, Blob(Bytes(1488)).Replace("azure.net/", "azure.net:8443/"), "kid-other-vault");
        yield return Make("generator_empty", "a warning only", 2048, 2048, Blob(Bytes(1488)).Replace("byok 0.1.0", " "), "generator-missing");

        // base64url
        yield return Make("ciphertext_padded", "", 2048, 2048, Blob(Bytes(1480), ciphertext: $"\"{Base64Url.EncodeToString(Bytes(1480))}==\""), "base64-padding");
        yield return Make("ciphertext_with_line_break", "wrapped at 76", 2048, 2048, Blob(Bytes(1488), ciphertext: $"\"{Base64Url.EncodeToString(Bytes(1488)).Insert(76, "\\n")}\""), "base64-white-space");
        yield return Make("ciphertext_standard_base64", "", 2048, 2048, Blob(Bytes(1488), ciphertext: $"\"{Convert.ToBase64String(Bytes(1488))}\""), "base64-alphabet");
        yield return Make("ciphertext_hex_colons", "", 2048, 2048, Blob(Bytes(1488), ciphertext: "\"00:11:22\""), "not-base64url");
        yield return Make("ciphertext_unused_bits_set", "a second spelling of the same bytes", 2048, 2048, Blob(Bytes(1480), ciphertext: $"\"{UnusedBitsSet()}\""), "not-base64url");
        yield return Make("ciphertext_impossible_length", "4n+1 characters", 2048, 2048, Blob(Bytes(1488), ciphertext: $"\"{Base64Url.EncodeToString(Bytes(1488))}A\""), "not-base64url");

        // lengths
        yield return Make("ciphertext_empty", "", 2048, 2048, Blob([]), "oaep-too-short");
        yield return Make("oaep_half_too_short", "one byte less than the smallest KEK's", null, null, Blob(Bytes(255)), "oaep-too-short");
        yield return Make("oaep_half_too_short_for_kek4096", "enough for a smaller KEK", 4096, null, Blob(Bytes(504)), "oaep-too-short");
        yield return Make("oaep_half_only", "the KWP half was not appended", 2048, 2048, Blob(Bytes(256)), "kwp-too-short");
        yield return Make("kwp_half_of_16_bytes", "room for 8 bytes of key", 2048, 2048, Blob(Bytes(272)), "kwp-too-short");
        yield return Make("kwp_half_not_multiple_of_8", "a byte was lost", 2048, 2048, Blob(Bytes(1487)), "kwp-not-multiple-of-8");
        yield return Make("kwp_half_of_an_aes_key", "a symmetric key where an RSA key should be", 2048, 2048, Blob(Bytes(256 + 40)), "kwp-implausible");
        yield return Make("kwp_half_implausible_sizes_unknown", "an EC key, perhaps: a warning only", null, null, Blob(Bytes(256 + 152)), "kwp-implausible");
        yield return Make("kwp_half_of_a_smaller_key", "RSA-2048 where RSA-3072 was said", 3072, 3072, Blob(Bytes(384 + 1232)), "kwp-implausible");
        yield return Make("trailing_bytes", "a SHA-256 value behind the KWP half", 2048, 2048, Blob(Bytes(256 + 1232 + 32)), "trailing-bytes");
        yield return Make("made_for_a_larger_kek", "the KEK on file is smaller than the one it was made for", 2048, 2048, Blob(Bytes(512 + 1232)), "trailing-bytes");
        yield return Make("all_values_wrong", "every fault is named, not only the first", 2048, 2048, Blob(Bytes(1487)).Replace("1.0.0", "2").Replace("\"dir\"", "\"A\"").Replace("CKM_RSA_AES_KEY_WRAP", "B").Replace("contoso", "fabrikam"), "schema-version", "alg", "enc", "kwp-not-multiple-of-8", "kid-other-vault");
    }

    private static TransferVector Make(string name, string comment, int? kek, int? target, string text, params string[] findings) =>
        Raw(name, comment, kek, target, Encoding.UTF8.GetBytes(text), findings);

    private static TransferVector Raw(string name, string comment, int? kek, int? target, byte[] file, params string[] findings) =>
        new(name, comment.Length == 0 ? name.Replace('_', ' ') : comment, findings, Vault, kek, target, file);

    private static string Blob(byte[] bytes, string? header = null, string? ciphertext = null) =>
        $$"""
        {"schema_version":"1.0.0","header":{{header ?? $$"""{"kid":"{{Kid}}","alg":"dir","enc":"CKM_RSA_AES_KEY_WRAP"}"""}},"ciphertext":{{ciphertext ?? $"\"{Base64Url.EncodeToString(bytes)}\""}},"generator":"byok 0.1.0"}
        """;

    private static string Reordered(byte[] bytes) =>
        $$"""
        {"generator":"byok 0.1.0","ciphertext":"{{Base64Url.EncodeToString(bytes)}}","header":{"enc":"CKM_RSA_AES_KEY_WRAP","alg":"dir","kid":"{{Kid}}"},"schema_version":"1.0.0"}
        """;

    private static byte[] InvalidUtf8()
    {
        var file = Encoding.UTF8.GetBytes(Blob(Bytes(1488)));
        file[file.AsSpan().IndexOf("byok 0.1.0"u8)] = 0xFF;
        return file;
    }

    private static string UnusedBitsSet()
    {
        var text = Base64Url.EncodeToString(Bytes(1480)); // 1480 = 3n + 1: the last character carries 2 bits of data and 4 unused ones
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return text[..^1] + Alphabet[Alphabet.IndexOf(text[^1]) + 1];
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i += 32)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes($"transfer vector {length} {i}")).AsSpan(0, Math.Min(32, length - i)).CopyTo(bytes.AsSpan(i));
        }

        return bytes;
    }
}
