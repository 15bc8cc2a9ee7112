using Byok.Core.Errors;

namespace Byok.Pipeline.Tests.Faults;

/// <summary>Counts the calls of one service and lets some of them fail.</summary>
internal sealed class FaultyCalls(string service)
{
    private readonly Lock _lock = new();
    private CallFault? _fault;
    private int _target;
    private int _lastTarget;

    public int Count { get; private set; }

    public int Injected { get; private set; }

    /// <summary>Asked before each call, by its name.</summary>
    public Func<string, Task>? OnCallAsync { get; set; }

    public void Arm(CallFault? fault, int target, int lastTarget)
    {
        lock (_lock)
        {
            (_fault, _target, _lastTarget, Count, Injected) = (fault, target, lastTarget, 0, 0);
        }
    }

    public void Disarm() => Arm(null, 0, 0);

    public async Task<T> RunAsync<T>(string call, Func<Task<T>> run)
    {
        await (OnCallAsync?.Invoke(call) ?? Task.CompletedTask);
        CallFault? fault;
        lock (_lock)
        {
            fault = ++Count >= _target && Count <= _lastTarget ? _fault : null;
            Injected += fault is null ? 0 : 1;
        }

        switch (fault)
        {
            case CallFault.Busy:
                throw new ServiceUnavailableException($"The {service} is busy ({call}).");
            case CallFault.Refused:
                throw new ConfigurationException($"The {service} refused {call}.");
            case CallFault.LostAnswer:
                await run();
                throw new ServiceUnavailableException($"The {service} did not answer ({call}).");
            default:
                return await run();
        }
    }

    public Task RunAsync(string call, Func<Task> run) => RunAsync(call, async () =>
    {
        await run();
        return true;
    });
}
