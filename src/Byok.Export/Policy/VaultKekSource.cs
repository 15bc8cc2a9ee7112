using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Azure.Core;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Export.Policy;

/// <summary>Reads a KEK over Key Vault's REST interface: <c>GET {kid}?api-version=7.6</c> ("Get Key"), with the agent's own identity.</summary>
/// <param name="client">Sends the requests; must not follow redirects.</param>
/// <param name="credential">The agent's identity; needs the right to get keys, no more.</param>
public sealed class VaultKekSource(HttpClient client, TokenCredential credential) : IKekSource
{
    /// <summary>Largest answer that is read: 64 KiB.</summary>
    public const int MaxAnswerInBytes = 64 * 1024;

    public async Task<VaultKey?> FetchAsync(KeyIdentifier kekId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kekId);
        var token = await GetTokenAsync(kekId.Vault, cancellationToken).ConfigureAwait(false);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{kekId}?api-version=7.6");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => await ReadAsync(kekId, response.Content, cancellationToken).ConfigureAwait(false),
                HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => null,
                var status => throw new ServiceUnavailableException($"The vault {kekId.Vault.Host} answered {(int)status} when the agent asked it for the KEK."),
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ServiceUnavailableException($"The agent could not ask the vault {kekId.Vault.Host} for the KEK.", exception);
        }
    }

    private async Task<AccessToken> GetTokenAsync(Uri vault, CancellationToken cancellationToken)
    {
        try
        {
            return await credential.GetTokenAsync(new TokenRequestContext([ScopeOf(vault)]), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Which types a credential throws is the credential's own matter.
            throw new ServiceUnavailableException($"The agent's identity got no token for the vault {vault.Host}.", exception);
        }
    }

    /// <summary>The vault's domain is the token's audience, in every Azure cloud.</summary>
    private static string ScopeOf(Uri vault) => $"https://{vault.Host[(vault.Host.IndexOf('.', StringComparison.Ordinal) + 1)..]}/.default";

    private static async Task<VaultKey?> ReadAsync(KeyIdentifier kekId, HttpContent content, CancellationToken cancellationToken)
    {
        await content.LoadIntoBufferAsync(MaxAnswerInBytes, cancellationToken).ConfigureAwait(false);
        var body = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
            var key = document.RootElement.GetProperty("key");
            var attributes = document.RootElement.GetProperty("attributes");
            return new VaultKey
            {
                Id = KeyIdentifier.Parse(key.GetProperty("kid").GetString()!),
                KeyType = key.GetProperty("kty").GetString()!,
                PublicKey = new RsaPublicKey(key.GetProperty("n").GetString()!, key.GetProperty("e").GetString()!),
                Operations = [.. key.GetProperty("key_ops").EnumerateArray().Select(operation => operation.GetString()!)],
                Enabled = attributes.GetProperty("enabled").GetBoolean(),
                CreatedOn = DateTimeOffset.FromUnixTimeSeconds(attributes.GetProperty("created").GetInt64()),
                UpdatedOn = DateTimeOffset.FromUnixTimeSeconds(attributes.GetProperty("updated").GetInt64()),
                ExpiresOn = attributes.TryGetProperty("exp", out var expiry) ? DateTimeOffset.FromUnixTimeSeconds(expiry.GetInt64()) : null,
                Exportable = attributes.TryGetProperty("exportable", out var exportable) && exportable.GetBoolean(),
            };
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new VaultException($"The vault {kekId.Vault.Host} described the KEK {kekId.Name} in a form that the agent does not know.", exception);
        }
    }
}
