using Byok.Pipeline.Tests.Faults;
using Byok.Testing;
using Byok.Testing.Replay;

namespace Byok.Pipeline.Tests.Crashes;

/// <summary>
/// Numbers what a process changes in storage, vault and HSM, and kills it before the change that is said. A dead process does nothing more, also not what stands in a
/// <c>finally</c>, until the next one starts.
/// </summary>
internal sealed class Killer
{
    private static readonly HashSet<string> Changes = ["create", "import", "update", "delete", "recover", "purge", "generate", "export"];

    private readonly FaultScene _scene;
    private bool _isDead;

    public Killer(FaultScene scene)
    {
        _scene = scene;
        scene.Network.OnRequestAsync = request => PassAsync(
            $"{request.Method} {request.RequestUri!.PathAndQuery}", ChangedService.Storage, scene.Network.Requests.Count + 1, request.Method != HttpMethod.Get && request.Method != HttpMethod.Head);
        scene.VaultCalls.OnCallAsync = call => PassAsync(call, ChangedService.Vault, scene.VaultCalls.Count + 1, Changes.Contains(call));
        scene.HsmCalls.OnCallAsync = call => PassAsync(call, ChangedService.Hsm, scene.HsmCalls.Count + 1, Changes.Contains(call));
        Engine = new ReplayEngine(Start, scene.Stack.Time, scene.Stack.Time.SetUtcNow) { OnFailure = scene.OnFailure };
        scene.Runner = Engine;
    }

    /// <summary>What starts the next process.</summary>
    public ReplayEngine Engine { get; }

    /// <summary>The change before which the process dies, from 1; 0 for none.</summary>
    public int DiesBefore { get; init; }

    /// <summary>What was changed so far.</summary>
    public List<Change> Done { get; } = [];

    /// <summary>Runs before each change.</summary>
    public Func<Change, Task> OnChange { get; init; } = _ => Task.CompletedTask;

    /// <summary>Runs when the process is dead, before the next one starts.</summary>
    public Func<Task> OnDeath { get; init; } = () => Task.CompletedTask;

    private TestPipeline Start()
    {
        _isDead = false;
        return _scene.Stack.CreateCatalog();
    }

    private async Task PassAsync(string what, ChangedService service, int call, bool isChange)
    {
        if (_isDead)
        {
            throw new ProcessDiedException();
        }

        if (!isChange)
        {
            return;
        }

        var change = new Change(what, service, call);
        Done.Add(change);
        await OnChange(change);
        if (Done.Count == DiesBefore)
        {
            _isDead = true;
            await OnDeath();
            throw new ProcessDiedException();
        }
    }
}
