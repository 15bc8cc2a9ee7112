using System.Text.Json;

namespace Byok.Testing.CommandLine;

/// <summary>How a command ended, and all that it said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its stdout.</param>
/// <param name="Error">Its stderr.</param>
/// <param name="PeakMemoryInBytes">The most memory it had resident, as seen last before its end; 0 when it was too quick to be seen.</param>
public sealed record CommandResult(int ExitCode, string Output, string Error, long PeakMemoryInBytes)
{
    /// <summary>The one JSON document on stdout. Anything beside it makes this fail.</summary>
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The one sentence of a failure.</summary>
    public string Sentence => Error.TrimEnd('\n').Split('\n')[^1];

    public override string ToString() => $"exit code {ExitCode}\nstdout: {Output}\nstderr: {Error}";
}
