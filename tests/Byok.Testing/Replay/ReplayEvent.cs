using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Testing.Replay;

/// <summary>An answer that was kept.</summary>
internal sealed record ReplayEvent(JsonElement? Output, FailureDetails? Failure, DateTimeOffset On);
