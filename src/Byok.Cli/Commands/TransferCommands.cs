using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Transfer;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok transfer ...</c>.</summary>
internal static class TransferCommands
{
    /// <summary>Nothing that is a transfer blob comes near this; it keeps a wrong file name from being read whole.</summary>
    private const int MaxLengthInBytes = 1024 * 1024;

    public static Command Create() => new("transfer", "Examine BYOK transfer blobs (.byok files).") { Inspect() };

    private static Command Inspect()
    {
        var file = new Argument<string>("FILE") { Description = "The .byok file." };
        return new Command("inspect", "Lint a transfer blob: name what is wrong with it.") { file }
            .Runs((parsed, terminal, cancellationToken) => InspectAsync(parsed.GetRequiredValue(file), terminal, cancellationToken));
    }

    private static async Task<int> InspectAsync(string file, Terminal terminal, CancellationToken cancellationToken)
    {
        if (new FileInfo(file) is { Exists: true, Length: > MaxLengthInBytes } info)
        {
            throw new TransferBlobException($"'{file}' has {info.Length} bytes; a transfer blob has a few thousand.");
        }

        var bytes = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        var findings = TransferBlobLinter.Lint(bytes);
        return ExitCodes.Done;
    }
}
