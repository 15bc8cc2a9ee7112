using System.Collections.Concurrent;
using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Pipeline.Tests.Replay;

/// <summary>What the engine keeps of an instance.</summary>
internal sealed class ReplayInstance(string name, JsonElement input)
{
    public string Name { get; } = name;

    public JsonElement Input { get; set; } = input;

    public ConcurrentDictionary<int, ReplayEvent> History { get; } = [];

    public JsonElement? Output { get; set; }

    public ByokException? Failure { get; set; }
}

/// <summary>An answer that was kept.</summary>
internal sealed record ReplayEvent(JsonElement? Output, FailureDetails? Failure, DateTimeOffset On);

/// <summary>The process was killed; nothing but the engine's store is left of it.</summary>
internal sealed class ProcessDiedException : Exception;
