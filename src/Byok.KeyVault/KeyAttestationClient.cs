using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Keys;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;

namespace Byok.KeyVault;

/// <summary>
/// The operation "Get Key Attestation" of the Key Vault REST API 7.6, which Managed HSM alone offers. It is asked for by REST, so that it does not rest on the
/// version of Azure.Security.KeyVault.Keys.
/// </summary>
internal sealed class KeyAttestationClient
{
    private const string ApiVersion = "7.6";

    /// <summary>Managed HSM's domains: Azure, Azure Government, Azure in China.</summary>
    private static readonly string[] Domains = ["managedhsm.azure.net", "managedhsm.usgovcloudapi.net", "managedhsm.azure.cn"];

    private readonly HttpPipeline _pipeline;

    private KeyAttestationClient(HttpPipeline pipeline) => _pipeline = pipeline;

    /// <summary>A client for a Managed HSM; null for any other vault.</summary>
    public static KeyAttestationClient? For(Uri vaultUri, TokenCredential credential, KeyClientOptions options) =>
        Array.Find(Domains, domain => vaultUri.Host.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase)) is { } domain
            ? new KeyAttestationClient(HttpPipelineBuilder.Build(options, new BearerTokenAuthenticationPolicy(credential, $"https://{domain}/.default")))
            : null;

    /// <summary>Gets a key version's attestation; null when the service's answer has none.</summary>
    /// <exception cref="RequestFailedException">The service refuses.</exception>
    public async Task<KeyAttestation?> GetAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        using var message = _pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(new Uri($"{id}/attestation?api-version={ApiVersion}"));
        message.Request.Headers.Add(HttpHeader.Common.JsonAccept);
        await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        if (message.Response.Status != 200)
        {
            throw new RequestFailedException(message.Response);
        }

        try
        {
            using var document = JsonDocument.Parse(message.Response.Content);
            return document.RootElement.GetProperty("attributes").TryGetProperty("attestation", out var attestation) && attestation.ValueKind == JsonValueKind.Object
                ? Read(attestation)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new VaultException($"The vault answered with an attestation of {id} that is malformed.", exception);
        }
    }

    private static KeyAttestation Read(JsonElement attestation) => new()
    {
        Version = attestation.GetProperty("version").GetString() ?? string.Empty,
        Certificates = Encoding.UTF8.GetString(Bytes(attestation.GetProperty("certificatePemFile"))),
        PrivateKeyStatement = Bytes(attestation.GetProperty("privateKeyAttestation")),
        PublicKeyStatement = attestation.TryGetProperty("publicKeyAttestation", out var statement) && statement.ValueKind != JsonValueKind.Null
            ? Bytes(statement)
            : default(ReadOnlyMemory<byte>?),
    };

    private static byte[] Bytes(JsonElement value) => Base64Url.DecodeFromChars(value.GetString());
}
