namespace Byok.Relay.HybridConnections;

public interface IRelayTokenProvider
{
    /// <summary>A token that is good for listening or sending on the endpoint, whichever the identity behind it may do.</summary>
    /// <exception cref="Core.Errors.ServiceUnavailableException">The service that issues tokens does not answer.</exception>
    /// <exception cref="Core.Errors.ConfigurationException">The identity is not known or not complete.</exception>
    ValueTask<RelayToken> GetTokenAsync(RelayEndpoint endpoint, CancellationToken cancellationToken);
}
