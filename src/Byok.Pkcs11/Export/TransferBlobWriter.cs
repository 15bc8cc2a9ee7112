using System.Buffers.Text;
using System.Text.Json;
using Byok.Core.Keys;

namespace Byok.Pkcs11.Export;

/// <summary>Writes the BYOK transfer blob's JSON (Azure "Bring your own key specification", schema version 1.0.0).</summary>
internal static class TransferBlobWriter
{
    internal static byte[] Write(KeyIdentifier kekId, ReadOnlySpan<byte> ciphertext, string generator) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schema_version = "1.0.0",
        header = new { kid = kekId.ToString(), alg = "dir", enc = "CKM_RSA_AES_KEY_WRAP" },
        ciphertext = Base64Url.EncodeToString(ciphertext),
        generator,
    });
}
