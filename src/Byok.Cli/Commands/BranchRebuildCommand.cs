using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.Branches;

namespace Byok.Cli.Commands;

/// <summary><c>byok branch rebuild</c>: makes branch records anew from the copies in the blobs.</summary>
internal static class BranchRebuildCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The wrapping key." };
        return new Command("rebuild", "Make lost or damaged branch records anew, from the copies in the blobs.") { name }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(KeyName.Validate(parsed.GetRequiredValue(name)), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string keyName, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var operationId = $"rebuild-{keyName}-{Guid.CreateVersion7():N}";
        var result = await stack.Rebuilder.RunAsync(operationId, keyName, [], cancellationToken).ConfigureAwait(false);
        if (result.Lost.Count > 0 && result.Needed.Count > 0)
        {
            RequireConfirmation(terminal, keyName, result);
            var more = await stack.Rebuilder.RunAsync(operationId, keyName, result.Needed, cancellationToken).ConfigureAwait(false);
            result = more with { Rebuilt = [.. result.Rebuilt, .. more.Rebuilt], Good = result.Good };
        }

        terminal.Document(result);
        terminal.Line($"'{keyName}': {Units.Count(result.Rebuilt.Count, "record")} made anew, {result.Good.Count} served as they were");
        foreach (var branch in result.Rebuilt)
        {
            terminal.Line($"  made anew    {branch}");
        }

        foreach (var branch in result.Lost)
        {
            terminal.Line($"  lost         {branch}: no blob has a copy that a version of the key unwraps");
        }

        if (result.Lost.Count == 0)
        {
            return ExitCodes.Done;
        }

        terminal.Error($"{Units.Count(result.Lost.Count, "record")} could not be made anew.");
        return ExitCodes.Failed;
    }

    private static void RequireConfirmation(Terminal terminal, string keyName, RebuildResult result)
    {
        terminal.Note($"{Units.Count(result.Lost.Count, "branch")} of '{keyName}' cannot be unwrapped by the versions that are enabled. Copies in the blobs name these, which a rotation has disabled:");
        foreach (var version in result.Needed)
        {
            terminal.Note($"  {version}");
        }

        terminal.Note("They are enabled for each unwrap, and disabled again after it. Type the key's name to do that:");
        if (Console.ReadLine()?.Trim() != keyName)
        {
            throw new ConfirmationDeclinedException("Nothing was enabled: the answer was not the key's name.");
        }
    }
}
