using Azure;
using Azure.Core;
using Byok.Core.Errors;

namespace Byok.Relay.HybridConnections;

/// <summary>Tokens of Microsoft Entra ID, for the roles Azure Relay Listener and Azure Relay Sender. The credential keeps its own cache.</summary>
/// <param name="credential">The identity.</param>
public sealed class EntraTokenProvider(TokenCredential credential) : IRelayTokenProvider
{
    public const string Scope = "https://relay.azure.net/.default";

    private readonly TokenCredential _credential = credential ?? throw new ArgumentNullException(nameof(credential));

    public async ValueTask<RelayToken> GetTokenAsync(RelayEndpoint endpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        try
        {
            var token = await _credential.GetTokenAsync(new TokenRequestContext([Scope]), cancellationToken).ConfigureAwait(false);
            return new RelayToken(token.Token, token.ExpiresOn);
        }
        catch (RequestFailedException exception) when (exception.Status is 0 or 408 or 429 or >= 500)
        {
            throw new ServiceUnavailableException($"No token for the relay '{endpoint.NamespaceAddress.Host}': Microsoft Entra ID does not answer.", exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Azure.Identity's own types (credential unavailable, authentication failed) are not known here; all say that the set-up is wrong.
            throw new ConfigurationException(
                $"No token for the relay '{endpoint.NamespaceAddress.Host}': Microsoft Entra ID refuses this identity; check its set-up and its role on the relay.", exception);
        }
    }
}
