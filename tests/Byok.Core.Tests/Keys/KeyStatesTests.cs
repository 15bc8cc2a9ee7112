using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;

namespace Byok.Core.Tests.Keys;

/// <summary>The table of a key's states in docs/OPERATIONS.md is the one that the code goes by.</summary>
public sealed class KeyStatesTests
{
    private static readonly KeyOperation[] Columns = Enum.GetValues<KeyOperation>();

    [Fact]
    public void Guide_TableOfStates_IsTheCodes()
    {
        var lines = File.ReadAllText(Path.Combine(TestKeys.VectorFolder, "../../../docs/OPERATIONS.md")).Split('\n').SkipWhile(line => line != "### The states of a key").Skip(1).TakeWhile(line => !line.StartsWith('#')).ToList();
        var rows = Enum.GetValues<KeyState>().Select(state => $"| {state.ToString().ToLowerInvariant()} | {string.Join(" | ", Columns.Select(operation => Cell(state, operation)))} |");
        var refusals = Enum.GetValues<KeyState>()
            .SelectMany(state => Columns.Select(operation => (State: state, Refusal: KeyLifecycle.Refusal(state, operation))))
            .Where(cell => cell.Refusal is not null)
            .Select(cell => $"- {cell.State.ToString().ToLowerInvariant()}: \"The key 'NAME' {cell.Refusal!.Reason}.\" (exit code {ExitCode(cell.Refusal)})")
            .Distinct();

        Assert.Equal($"| State | {string.Join(" | ", Columns.Select(operation => operation.ToString().ToLowerInvariant()))} |", lines.First(line => line.StartsWith("| State", StringComparison.Ordinal)));
        Assert.Equal(rows, lines.Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).Take(Enum.GetValues<KeyState>().Length));
        Assert.Equal(refusals, lines.Where(line => line.StartsWith("- ", StringComparison.Ordinal)));
    }

    private static string Cell(KeyState state, KeyOperation operation) => KeyLifecycle.Refusal(state, operation) is { } refusal ? $"{ExitCode(refusal)}" : "yes";

    private static int ExitCode(KeyRefusal refusal) => refusal.Kind == KeyRefusalKind.Conflict ? 1 : 3;
}
