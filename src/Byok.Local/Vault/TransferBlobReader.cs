using System.Buffers.Text;
using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Local.Vault;

/// <summary>Reads a BYOK transfer blob strictly (Azure "Bring your own key specification", schema version 1.0.0).</summary>
internal static class TransferBlobReader
{
    /// <exception cref="TransferBlobException">The blob is not in its form.</exception>
    internal static (KeyIdentifier KekId, byte[] Ciphertext) Read(ReadOnlyMemory<byte> blob)
    {
        try
        {
            using var json = JsonDocument.Parse(blob, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = json.RootElement;
            var header = root.GetProperty("header");
            Require(root.GetProperty("schema_version").GetString() == "1.0.0", "its schema_version is not 1.0.0");
            Require(header.GetProperty("alg").GetString() == "dir", "its alg is not dir");
            Require(header.GetProperty("enc").GetString() == "CKM_RSA_AES_KEY_WRAP", "its enc is not CKM_RSA_AES_KEY_WRAP");
            return (
                KeyIdentifier.Parse(header.GetProperty("kid").GetString() ?? string.Empty),
                Base64Url.DecodeFromChars(root.GetProperty("ciphertext").GetString()));
        }
        catch (Exception exception) when (exception is JsonException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            throw new TransferBlobException($"The file is not a BYOK transfer blob: {exception.Message}", exception);
        }
    }

    private static void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new TransferBlobException($"The file is not a BYOK transfer blob: {fault}.");
        }
    }
}
