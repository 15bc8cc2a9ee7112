using System.Net;
using System.Text;

namespace Byok.Testing.Storage;

/// <summary>
/// Between client and blob service: counts the requests of an operation and lets one of them fail. The client's own repeats of a request carry
/// the same id, so they are not counted again; how many of them fail too is said by the test.
/// </summary>
public sealed class FaultyNetwork(HttpMessageHandler service) : DelegatingHandler(service)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly List<string> _requests = [];
    private FaultKind? _kind;
    private int _target;
    private int _remaining;
    private int _lastTarget;

    /// <summary>What was asked since the network was armed: method, path and query, in order of arrival.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public int Injected { get; private set; }

    /// <summary>Asked before each request is carried out.</summary>
    public Action<HttpRequestMessage>? OnRequest { get; set; }

    /// <summary>Done before each request is carried out: what somebody else does at this very moment.</summary>
    public Func<HttpRequestMessage, Task>? OnRequestAsync { get; set; }

    /// <summary>Lets request <paramref name="target"/> (from 1) fail, and its repeats as often as said; up to <paramref name="lastTarget"/> all of them.</summary>
    public void Arm(FaultKind? kind, int target, int times, int? lastTarget = null)
    {
        lock (_lock)
        {
            (_kind, _target, _remaining, _lastTarget) = (kind, target, times, lastTarget ?? target);
            _known.Clear();
            _requests.Clear();
            Injected = 0;
        }
    }

    public void Disarm()
    {
        lock (_lock)
        {
            _kind = null;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        OnRequest?.Invoke(request);
        await (OnRequestAsync?.Invoke(request) ?? Task.CompletedTask);
        var fault = Choose(request);
        switch (fault)
        {
            case null:
                return await base.SendAsync(request, cancellationToken);
            case FaultKind.Throttled:
                return Refuse(request, 429, "ServerBusy", retryAfterMilliseconds: 2);
            case FaultKind.ServerError:
                return Refuse(request, 500, "InternalError");
            case FaultKind.Busy:
                return Refuse(request, 503, "ServerBusy");
            case FaultKind.PreconditionFailed:
                return Refuse(request, 412, "ConditionNotMet");
            case FaultKind.TimeOutBeforeEffect:
                throw TimeOut();
            case FaultKind.TimeOutAfterEffect:
                (await base.SendAsync(request, cancellationToken)).Dispose();
                throw TimeOut();
            default:
                return await ShortenAsync(await base.SendAsync(request, cancellationToken), fault == FaultKind.CutBody, cancellationToken);
        }
    }

    private FaultKind? Choose(HttpRequestMessage request)
    {
        var id = request.Headers.TryGetValues("x-ms-client-request-id", out var values) ? values.First() : Guid.NewGuid().ToString();
        lock (_lock)
        {
            if (!_known.TryGetValue(id, out var number))
            {
                _known[id] = number = _known.Count + 1;
                _requests.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            }

            if (_kind is null || number < _target || number > _lastTarget || (_lastTarget == _target && _remaining <= 0))
            {
                return null;
            }

            _remaining--;
            Injected++;
            return _kind;
        }
    }

    // As the client's transport reports that its network time-out has run out.
    private static TaskCanceledException TimeOut() => new("The operation was cancelled because it exceeded the configured timeout.", new TimeoutException());

    private static HttpResponseMessage Refuse(HttpRequestMessage request, int status, string code, int? retryAfterMilliseconds = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            RequestMessage = request,
            Content = new StringContent($"<Error><Code>{code}</Code><Message>{code}</Message></Error>", Encoding.UTF8, "application/xml"),
        };
        response.Headers.TryAddWithoutValidation("x-ms-error-code", code);
        response.Headers.TryAddWithoutValidation("x-ms-request-id", Guid.NewGuid().ToString());
        if (retryAfterMilliseconds is { } wait)
        {
            response.Headers.TryAddWithoutValidation("x-ms-retry-after-ms", $"{wait}");
        }

        return response;
    }

    private static async Task<HttpResponseMessage> ShortenAsync(HttpResponseMessage response, bool breaks, CancellationToken cancellationToken)
    {
        var whole = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        if (whole.Length == 0)
        {
            return response;
        }

        var length = whole.Length / 2;
        HttpContent content = breaks ? new StreamContent(new CutStream(whole, length)) : new ByteArrayContent(whole, 0, length);
        foreach (var (name, values) in response.Content.Headers)
        {
            if (breaks || name != "Content-Length")
            {
                content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        response.Content = content;
        return response;
    }
}
