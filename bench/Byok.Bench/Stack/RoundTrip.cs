using Azure.Core;
using Azure.Core.Pipeline;

namespace Byok.Bench.Stack;

/// <summary>Makes each request take longer by a fixed time: the network, and the service's own time, that a loopback does not have.</summary>
internal sealed class RoundTrip(TimeSpan time) : HttpPipelinePolicy
{
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await Task.Delay(time, message.CancellationToken).ConfigureAwait(false);
        await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The benchmarks call everything asynchronously.");
}
