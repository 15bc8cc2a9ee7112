using Byok.Core.Orchestration;

namespace Byok.Durable.Tests;

/// <summary>A journal in a folder of its own, and engines on it.</summary>
internal sealed class Scratch : IAsyncDisposable
{
    private readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("byok-durable-").FullName);
    private readonly List<DurableEngine> _engines = [];

    public string Folder => _folder.Value;

    public string Journal => Path.Combine(Folder, "journal.db");

    public List<OrchestrationDescriptor> Orchestrations { get; } = [];

    public List<ActivityDescriptor> Activities { get; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    public Scratch Orchestration<TInput, TOutput>(string name, Func<IOrchestrationContext, TInput, Task<TOutput>> code)
    {
        Orchestrations.RemoveAll(orchestration => orchestration.Name == name);
        Orchestrations.Add(new OrchestrationDescriptor(name, typeof(TInput), async (context, input) => await code(context, (TInput)input!)));
        return this;
    }

    public Scratch Activity<TInput, TOutput>(string name, Func<TInput, CancellationToken, Task<TOutput>> code)
    {
        Activities.RemoveAll(activity => activity.Name == name);
        Activities.Add(new ActivityDescriptor(name, typeof(TInput), async (input, cancellationToken) => await code((TInput)input!, cancellationToken)));
        return this;
    }

    public Scratch Activity<TInput, TOutput>(string name, Func<TInput, TOutput> code) => Activity<TInput, TOutput>(name, (input, _) => Task.FromResult(code(input)));

    public async Task<DurableEngine> OpenAsync(Action<JournalWritePhase>? onJournalWrite = null, int activities = 4)
    {
        var options = new DurableEngineOptions { OnJournalWrite = onJournalWrite, MaxConcurrentActivities = activities, PollInterval = PollInterval };
        var engine = await DurableEngine.OpenAsync(Journal, Orchestrations, Activities, options, Time);
        _engines.Add(engine);
        return engine;
    }

    public async Task<DurableEngine> StartAsync(Action<JournalWritePhase>? onJournalWrite = null, int activities = 4)
    {
        var engine = await OpenAsync(onJournalWrite, activities);
        await engine.StartAsync();
        return engine;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        if (_folder.IsValueCreated)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
