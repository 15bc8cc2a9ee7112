using System.Net;
using Byok.Core.Errors;
using Byok.Http;
using Byok.Relay.HybridConnections.Protocol;

namespace Byok.Relay.HybridConnections;

/// <summary>
/// Sends HTTP requests to whoever listens on a hybrid connection. The relay waits 60 seconds for an answer; a caller who wants less cancels.
/// </summary>
public sealed class RelayHttpSender : IDisposable
{
    /// <summary>The longest answer that is read when nothing else is said, in bytes: 4 MiB.</summary>
    public const int DefaultMaxResponseBodyInBytes = 4 * 1024 * 1024;

    // The relay gives up after 60 s; the rest is for the way there and back.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly RelayEndpoint _endpoint;
    private readonly IRelayTokenProvider _tokens;
    private readonly HttpClient _client;

    /// <summary>Makes a sender; it may be used from many threads.</summary>
    /// <param name="tokens">Its tokens, with the right to send.</param>
    /// <param name="transport">Carries the requests, for a pinned certificate; becomes the sender's own. By default <see cref="HttpTransport"/>'s.</param>
    /// <param name="maxResponseBodyInBytes">The longest answer that is read.</param>
    public RelayHttpSender(
        RelayEndpoint endpoint,
        IRelayTokenProvider tokens,
        HttpMessageHandler? transport = null,
        int maxResponseBodyInBytes = DefaultMaxResponseBodyInBytes)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxResponseBodyInBytes, 1);
        _endpoint = endpoint;
        _tokens = tokens;
        _client = new HttpClient(transport ?? HttpTransport.Create())
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = maxResponseBodyInBytes,
        };
    }

    /// <summary>Sends a request and returns the listener's answer, whatever its status.</summary>
    /// <exception cref="ServiceUnavailableException">
    /// Nobody listens (the relay says 404), the listener was lost or did not answer in time (502, 504), or the relay cannot be reached.
    /// </exception>
    /// <exception cref="ConfigurationException">The relay refuses the token (401, 403).</exception>
    /// <exception cref="ArgumentException">A header cannot be sent.</exception>
    /// <exception cref="PermanentByokException">The relay refuses the request, or the answer is too long.</exception>
    public async Task<BufferedResponse> SendAsync(BufferedRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var message = Message(request);
        var token = await _tokens.GetTokenAsync(_endpoint, cancellationToken).ConfigureAwait(false);
        _ = message.Headers.TryAddWithoutValidation(RelayProtocol.AuthorizationHeader, token.Value);
        try
        {
            using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
            return response.Headers.Via.Count > 0 && response.StatusCode is not (HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout)
                ? await ConvertAsync(response, cancellationToken).ConfigureAwait(false)
                : throw Failure(response.StatusCode);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new PermanentByokException(
                $"The answer of the listener on '{_endpoint.Path}' is longer than {_client.MaxResponseContentBufferSize} bytes.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new ServiceUnavailableException(
                $"The connection to the relay '{_endpoint.NamespaceAddress.Host}' failed ({exception.HttpRequestError}).", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServiceUnavailableException($"The relay '{_endpoint.NamespaceAddress.Host}' did not answer in time.", exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Message(BufferedRequest request)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), _endpoint.RequestAddress(request.Target));
        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
        }

        foreach (var (name, value) in request.Headers)
        {
            if (!name.All(IsTokenCharacter) || !value.All(c => c is >= ' ' and <= '~' or '\t')
                || name.Equals(RelayProtocol.AuthorizationHeader, StringComparison.OrdinalIgnoreCase))
            {
                throw new ArgumentException($"The header '{name}' cannot be sent through the relay.", nameof(request));
            }

            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content ??= new ReadOnlyMemoryContent(ReadOnlyMemory<byte>.Empty);
                _ = message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);

    private static async Task<BufferedResponse> ConvertAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            headers[name] = string.Join(", ", values);
        }

        return new BufferedResponse(response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What the relay itself says, as a failure. Its answers, unlike a listener's, carry no <c>Via</c> header.</summary>
    private ByokException Failure(HttpStatusCode status)
    {
        var relay = $"relay '{_endpoint.NamespaceAddress.Host}'";
        return status switch
        {
            HttpStatusCode.NotFound => new ServiceUnavailableException(
                $"Nobody listens on '{_endpoint.Path}' at the {relay}, or there is no such hybrid connection; see whether the agent runs."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new ConfigurationException(
                $"The {relay} does not let this sender send to '{_endpoint.Path}' ({(int)status}); check the key or the identity, its right to send, and the clock."),
            HttpStatusCode.BadGateway => new ServiceUnavailableException($"The {relay} lost the listener on '{_endpoint.Path}' before it answered (502)."),
            HttpStatusCode.GatewayTimeout => new ServiceUnavailableException($"The listener on '{_endpoint.Path}' at the {relay} did not answer in time (504)."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                new ServiceUnavailableException($"The {relay} answered {(int)status}."),
            _ => new PermanentByokException($"The {relay} refused a request to '{_endpoint.Path}' ({(int)status})."),
        };
    }
}
