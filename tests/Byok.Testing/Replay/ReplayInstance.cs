using System.Collections.Concurrent;
using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Testing.Replay;

/// <summary>What the engine keeps of an instance.</summary>
internal sealed class ReplayInstance(string name, JsonElement input)
{
    public string Name { get; } = name;

    /// <summary>What the run's ids are made from: the same at every replay, another after every ContinueAsNew.</summary>
    public Guid RunId { get; private set; } = Guid.NewGuid();

    public JsonElement Input { get; private set; } = input;

    public ConcurrentDictionary<int, ReplayEvent> History { get; } = [];

    public JsonElement? Output { get; set; }

    public ByokException? Failure { get; set; }

    public void ContinueAsNew(JsonElement next)
    {
        (RunId, Input) = (Guid.NewGuid(), next);
        History.Clear();
    }
}
