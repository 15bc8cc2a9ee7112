using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Local.Stack;
using Byok.Pipeline.Keys;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok branch list</c>: the pinned branches, which versions wrap each by its record, and how many blobs say that they are under it.</summary>
internal static class BranchListCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "Only this wrapping key's.", Arity = ArgumentArity.ZeroOrOne };
        return new Command("list", "List the branches: state, the versions that wrap each, blobs under it.") { name }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetValue(name), terminal, cancellationToken));
    }

    /// <summary>How many blobs name each key and branch, <c>KEY/BRANCH</c>. Names are enough for counting; whether a header is intact, verify and audit say.</summary>
    internal static async Task<Dictionary<string, long>> CountBlobsAsync(LocalStack stack, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var blob in stack.Reader.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            if (UnverifiedFields.KeyIdOf(blob) is { } keyId && UnverifiedFields.BranchOf(blob) is { } branch)
            {
                var name = BranchRecord.BlobNameOf(keyId.Name, branch);
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }
        }

        return counts;
    }

    /// <summary>The pins that count, and the versions that carry them; none where they cannot be read.</summary>
    internal static (BranchPins? Pins, IReadOnlyList<KeyIdentifier> Versions) PinsOf(KeyLife life)
    {
        try
        {
            return (BranchPins.Find(life), [.. BranchPins.VersionsThatCount(life).Select(version => version.Id)]);
        }
        catch (KeyUnavailableException)
        {
            return (null, []);
        }
    }

    private static async Task<int> RunAsync(string? name, Terminal terminal, CancellationToken cancellationToken)
    {
        if (name is not null)
        {
            KeyName.Validate(name);
        }

        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var blobs = await CountBlobsAsync(stack, cancellationToken).ConfigureAwait(false);
        var rows = new List<Row>();
        await foreach (var key in stack.Vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if ((name is null || key.Id.Name == name) && !key.Operations.Contains("import"))
            {
                var (pins, _) = PinsOf(await stack.Vault.ReadLifeAsync(key.Id.Name, cancellationToken).ConfigureAwait(false));
                foreach (var branch in pins?.All ?? [])
                {
                    var record = await stack.BranchKeeper.FindRecordAsync(key.Id.Name, branch, cancellationToken).ConfigureAwait(false);
                    rows.Add(new Row(
                        key.Id.Name, branch, branch == pins!.Current ? "current" : "sealed", record is not null,
                        [.. record?.Wrappings.Select(wrapping => wrapping.KeyId.Version) ?? []], blobs.GetValueOrDefault(BranchRecord.BlobNameOf(key.Id.Name, branch))));
                }
            }
        }

        if (name is not null && rows.Count == 0)
        {
            throw new KeyUnavailableException($"No branch of a key '{name}' is pinned in the vault; 'byok key bring {name}' brings it, 'byok key restore {name}' restores it.");
        }

        terminal.Document(rows);
        if (rows.Count == 0)
        {
            terminal.Line("no branches; bring a key with 'byok key bring NAME'");
            return ExitCodes.Done;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("key", "branch", "state", "wrapped by", "blobs");
        foreach (var row in rows)
        {
            table.AddRow(
                Terminal.Cell(row.Key), row.Branch.ToString(), row.State == "current" ? "[green]current[/]" : "[yellow]sealed[/]",
                row.HasRecord ? Terminal.Cell(string.Join(' ', row.WrappedBy)) : "[red]no record[/]", $"{row.Blobs}");
        }

        terminal.Draw(table);
        return ExitCodes.Done;
    }

    private sealed record Row(string Key, BranchName Branch, string State, bool HasRecord, IReadOnlyList<string> WrappedBy, long Blobs);
}
