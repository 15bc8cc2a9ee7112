using System.Net;
using Byok.Http;
using Microsoft.Extensions.Logging;

namespace Byok.Relay.HybridConnections;

/// <summary>
/// What stands between the relay and the handler: bounds how many requests run and wait, turns failures into answers, and lets a stop
/// wait for the requests under way.
/// </summary>
internal sealed class RequestGate
{
    private readonly Func<BufferedRequest, CancellationToken, Task<BufferedResponse>> _handler;
    private readonly RelayListenerOptions _options;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _slots;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _admitted;
    private bool _draining;

    public RequestGate(Func<BufferedRequest, CancellationToken, Task<BufferedResponse>> handler, RelayListenerOptions options, ILogger logger)
    {
        _handler = handler;
        _options = options;
        _logger = logger;
        _slots = new SemaphoreSlim(options.MaxConcurrentRequests);
    }

    /// <summary>Takes a place for a request; false when there is none, or when the listener is stopping.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_draining || _admitted >= _options.MaxConcurrentRequests + _options.MaxWaitingRequests)
            {
                return false;
            }

            _admitted++;
            return true;
        }
    }

    /// <summary>Gives a place back, once the answer is out.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            if (--_admitted == 0 && _draining)
            {
                _idle.TrySetResult();
            }
        }
    }

    /// <summary>Runs the handler when it is the request's turn. Its failures become 500 and tell the sender nothing.</summary>
    public async Task<BufferedResponse> HandleAsync(string requestId, BufferedRequest request, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var response = await _handler(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout)
            {
                // Reserved for the relay itself: a sender would take the answer for a broken connection.
                response = BufferedResponse.Empty(HttpStatusCode.InternalServerError);
            }

            ListenerLog.RequestServed(_logger, requestId, request.Method, request.Body.Length, (int)response.StatusCode, response.Body.Length);
            return response;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Anything may be in a stranger's message, so neither the sender nor the log gets it.
            ListenerLog.HandlerFailed(_logger, requestId, exception.GetType().FullName!);
            return BufferedResponse.Empty(HttpStatusCode.InternalServerError);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Lets no request in any more, and ends when the last one under way has been answered.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            _draining = true;
            if (_admitted == 0)
            {
                _idle.TrySetResult();
            }
        }

        return _idle.Task;
    }
}
