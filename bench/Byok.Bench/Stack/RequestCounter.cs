using Azure.Core;
using Azure.Core.Pipeline;

namespace Byok.Bench.Stack;

/// <summary>Counts the requests that go out, retries included, and the bytes that come back as content.</summary>
internal sealed class RequestCounter : HttpPipelineSynchronousPolicy
{
    private long _requests;
    private long _dataRequests;
    private long _bytesRead;

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Requests to the containers of uploads and protected blobs.</summary>
    public long DataRequests => Interlocked.Read(ref _dataRequests);

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public override void OnSendingRequest(HttpMessage message)
    {
        Interlocked.Increment(ref _requests);
        if (message.Request.Uri.Path?.Split('/', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1) is "uploads" or "protected")
        {
            Interlocked.Increment(ref _dataRequests);
        }
    }

    public override void OnReceivedResponse(HttpMessage message)
    {
        if (message.Request.Method != RequestMethod.Head && message.Response.Headers.ContentLength is { } length)
        {
            Interlocked.Add(ref _bytesRead, length);
        }
    }

    public void Reset()
    {
        Interlocked.Exchange(ref _requests, 0);
        Interlocked.Exchange(ref _dataRequests, 0);
        Interlocked.Exchange(ref _bytesRead, 0);
    }
}
