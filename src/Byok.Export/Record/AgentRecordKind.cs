namespace Byok.Export.Record;

public static class AgentRecordKind
{
    public const string Started = "agent.started";

    /// <summary>The agent stopped in order.</summary>
    public const string Stopped = "agent.stopped";

    /// <summary>A last line, torn by a crash, was cut off; its length and SHA-256 are recorded.</summary>
    public const string Repaired = "log.repaired";

    /// <summary>A request was answered that neither exported nor generated.</summary>
    public const string Answered = "request.answered";

    /// <summary>A rule forbade a request.</summary>
    public const string Refused = "request.refused";

    /// <summary>A request failed in the HSM, the vault or the agent.</summary>
    public const string Failed = "request.failed";

    /// <summary>More requests came in an hour than are taken; told once, when it begins.</summary>
    public const string Flooded = "requests.flooded";

    /// <summary>A master key left the HSM, wrapped. Holds the answer, so that a repeated request gets it again.</summary>
    public const string Exported = "export.completed";

    /// <summary>A repeated request got the recorded answer.</summary>
    public const string ExportRepeated = "export.repeated";

    public const string Generated = "key.generated";
}
