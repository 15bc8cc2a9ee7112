using System.Text.Json;
using System.Threading.Channels;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Durable;

/// <summary>Runs activities on the thread pool, a bounded number at a time, first come first served.</summary>
internal sealed class ActivityPool
{
    private readonly Channel<(OrchestrationRun Run, PendingStep Step)> _queue = Channel.CreateUnbounded<(OrchestrationRun, PendingStep)>();
    private readonly IReadOnlyDictionary<string, ActivityDescriptor> _activities;
    private readonly Action<OrchestrationRun, PendingStep, HistoryKind, string> _onDone;
    private readonly Task[] _workers;

    /// <param name="activities">The activities by name.</param>
    /// <param name="workers">How many run at a time.</param>
    /// <param name="onDone">Told of each end, on any thread, with the output or the failure as JSON. Not told of what was cancelled.</param>
    public ActivityPool(
        IReadOnlyDictionary<string, ActivityDescriptor> activities, int workers, Action<OrchestrationRun, PendingStep, HistoryKind, string> onDone)
    {
        _activities = activities;
        _onDone = onDone;
        _workers = [.. Enumerable.Range(0, workers).Select(_ => Task.Run(WorkAsync))];
    }

    public void Enqueue(OrchestrationRun run, PendingStep step) => _queue.Writer.TryWrite((run, step));

    /// <summary>Starts nothing more.</summary>
    /// <returns>Ends when what runs has ended.</returns>
    public Task StopAsync()
    {
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out _))
        {
            // The journal knows them.
        }

        return Task.WhenAll(_workers);
    }

    private async Task WorkAsync()
    {
        await foreach (var (run, step) in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (run.CancellationToken.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                _onDone(run, step, HistoryKind.ActivityCompleted, await RunAsync(step, run.CancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                // A cancelled attempt is no failed attempt: if the instance goes on, it runs again.
                if (!run.CancellationToken.IsCancellationRequested)
                {
                    _onDone(run, step, HistoryKind.ActivityFailed, JsonSerializer.Serialize(FailureDetails.From(exception), OrchestrationJson.Options));
                }
            }
        }
    }

    private async Task<string> RunAsync(PendingStep step, CancellationToken cancellationToken)
    {
        if (!_activities.TryGetValue(step.Name, out var activity))
        {
            throw new ConfigurationException($"There is no activity '{step.Name}'.");
        }

        var input = JsonSerializer.Deserialize(step.Input!, activity.InputType, OrchestrationJson.Options);
        return JsonSerializer.Serialize(await activity.RunAsync(input, cancellationToken).ConfigureAwait(false), OrchestrationJson.Options);
    }
}
