using System.CommandLine;

namespace Byok.Cli.Commands;

/// <summary><c>byok branch ...</c>.</summary>
internal static class BranchCommands
{
    public static Command Create() => new("branch", "Look after branch keys, which wrapping keys wrap and which protect many blobs each.")
    {
        BranchListCommand.Create(),
        BranchRebuildCommand.Create(),
    };
}
