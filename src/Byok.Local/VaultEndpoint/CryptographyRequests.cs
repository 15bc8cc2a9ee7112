using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Byok.Core.Keys;
using Byok.Local.Vault;

namespace Byok.Local.VaultEndpoint;

/// <summary>Using keys: encrypt, decrypt, wrap, unwrap (RSA-OAEP-256), sign, verify (RS and PS of RFC 7518).</summary>
internal sealed class CryptographyRequests(LocalVault vault, UnavailableKey unavailable)
{
    internal async Task<Answer> RunAsync(VaultRequest request, string name, string? version, string operation)
    {
        KeyRequests.RequireName(name);

        // Clients write the operations in lower case; the key operations of the JWK are in camel case.
        var known = KeyOperations.Default.FirstOrDefault(candidate => candidate.Equals(operation, StringComparison.OrdinalIgnoreCase))
            ?? throw Refuse($"'{operation}' is not an operation of a key.");
        var body = await request.ReadBodyAsync().ConfigureAwait(false);
        var id = (await KeyRequests.FindAsync(vault, name, version, request.Aborted).ConfigureAwait(false)).Id;
        return Answer.Ok(known switch
        {
            KeyOperations.Sign => await SignAsync(request, id, body).ConfigureAwait(false),
            KeyOperations.Verify => await VerifyAsync(request, id, body).ConfigureAwait(false),
            _ => await TransformAsync(request, id, known, body).ConfigureAwait(false),
        });
    }

    private async Task<JsonObject> TransformAsync(VaultRequest request, KeyIdentifier id, string operation, RequestBody body)
    {
        if (body.RequiredString("alg") is not "RSA-OAEP-256" and var algorithm)
        {
            throw Refuse($"This vault encrypts and wraps with RSA-OAEP-256 only, not with '{algorithm}'.");
        }

        var value = body.RequiredBytes("value");
        byte[] result = [];
        try
        {
            result = await unavailable.ExplainAsync(
                id,
                operation,
                () => operation switch
                {
                    KeyOperations.Encrypt => vault.EncryptAsync(id, value, request.Aborted),
                    KeyOperations.Decrypt => vault.DecryptAsync(id, value, request.Aborted),
                    KeyOperations.WrapKey => vault.WrapKeyAsync(id, value, request.Aborted),
                    _ => vault.UnwrapKeyAsync(id, value, request.Aborted),
                },
                request.Aborted).ConfigureAwait(false);
            return new JsonObject { ["kid"] = id.ToString(), ["value"] = Base64Url.EncodeToString(result) };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(value);
            CryptographicOperations.ZeroMemory(result);
        }
    }

    private async Task<JsonObject> SignAsync(VaultRequest request, KeyIdentifier id, RequestBody body)
    {
        var algorithm = body.RequiredString("alg");
        var digest = Digest(body.RequiredBytes("value"), algorithm);
        var signature = await unavailable.ExplainAsync(
            id, KeyOperations.Sign, () => vault.SignAsync(id, algorithm, digest, request.Aborted), request.Aborted).ConfigureAwait(false);
        return new JsonObject { ["kid"] = id.ToString(), ["value"] = Base64Url.EncodeToString(signature) };
    }

    private async Task<JsonObject> VerifyAsync(VaultRequest request, KeyIdentifier id, RequestBody body)
    {
        var algorithm = body.RequiredString("alg");
        var digest = Digest(body.RequiredBytes("digest"), algorithm);
        var signature = body.RequiredBytes("value");
        var genuine = await unavailable.ExplainAsync(
            id, KeyOperations.Verify, () => vault.VerifyAsync(id, algorithm, digest, signature, request.Aborted), request.Aborted).ConfigureAwait(false);
        return new JsonObject { ["value"] = genuine };
    }

    private static byte[] Digest(byte[] digest, string algorithm)
    {
        var length = algorithm switch
        {
            "RS256" or "PS256" => SHA256.HashSizeInBytes,
            "RS384" or "PS384" => SHA384.HashSizeInBytes,
            "RS512" or "PS512" => SHA512.HashSizeInBytes,
            _ => throw Refuse($"'{algorithm}' is not a signature algorithm of RSA keys: RS256, RS384, RS512, PS256, PS384, PS512."),
        };
        return digest.Length == length ? digest : throw Refuse($"The digest for {algorithm} has {length} bytes, not {digest.Length}.");
    }

    private static RequestRefusedException Refuse(string message) => new(VaultError.BadParameter(message));
}
