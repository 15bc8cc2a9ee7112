using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Local.Stack;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok key list</c>: versions, states, the branches that each pins, and how many blobs are under them.</summary>
internal static class KeyListCommand
{
    /// <summary>From this width on there is room for size and creation.</summary>
    private const int MostColumns = 110;

    /// <summary>From this width on there is room for versions and thumbprints, whole.</summary>
    private const int AllColumns = 190;

    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "Only this key.", Arity = ArgumentArity.ZeroOrOne };
        return new Command("list", "List wrapping keys: versions, states, branches, blobs.") { name }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetValue(name), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string? name, Terminal terminal, CancellationToken cancellationToken)
    {
        if (name is not null)
        {
            KeyName.Validate(name);
        }

        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var blobs = await BranchListCommand.CountBlobsAsync(stack, cancellationToken).ConfigureAwait(false);
        var rows = new List<Row>();
        await foreach (var key in stack.Vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if ((name is null || key.Id.Name == name) && !key.Operations.Contains("import"))
            {
                var life = await stack.Vault.ReadLifeAsync(key.Id.Name, cancellationToken).ConfigureAwait(false);
                var (pins, pinning) = BranchListCommand.PinsOf(life);
                rows.AddRange(life.Versions.Select(version => Describe(version, pinning.Contains(version.Id) ? pins : null, blobs)));
            }
        }

        await foreach (var deleted in stack.Vault.ListDeletedKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if ((name is null || deleted.Key.Id.Name == name) && deleted.Key.Tags.GetValueOrDefault(KeyTags.Purpose) != KeyTags.KeyExchange)
            {
                rows.Add(Describe(deleted.Key, null, blobs) with { State = "deleted" });
            }
        }

        if (name is not null && rows.Count == 0)
        {
            throw new KeyUnavailableException($"The vault holds no key '{name}'; 'byok key bring {name}' brings one.");
        }

        terminal.Document(rows);
        if (rows.Count == 0)
        {
            terminal.Line("no keys; bring one with 'byok key bring NAME'");
            return ExitCodes.Done;
        }

        terminal.Draw(Draw(rows, terminal.Width));
        return ExitCodes.Done;
    }

    /// <summary>As many columns as there is room for, so that no value but a long name is broken over lines; <c>--json</c> has all of it.</summary>
    internal static Table Draw(IEnumerable<Row> rows, int width)
    {
        var columns = new (string Name, int From, Func<Row, string> Cell)[]
        {
            ("key", 0, row => Terminal.Cell(row.Name)),
            ("version", 0, row => Terminal.Cell(Shorten(row.Version, width < AllColumns ? 8 : row.Version.Length))),
            ("state", 0, row => $"[{(row.State == KeyTags.Active ? "green" : "yellow")}]{Terminal.Cell(row.State)}[/]"),
            ("RSA", MostColumns, row => $"{row.SizeInBits}"),
            ("created", MostColumns, row => $"{row.CreatedOn:yyyy-MM-dd HH:mm}"),
            ("expires", 0, row => $"{row.ExpiresOn:yyyy-MM-dd}"),
            ("branch", 0, row => row.Branch is { } branch ? Shorten($"{branch}", width < MostColumns ? 8 : 12) : string.Empty),
            ("sealed", 0, row => $"{row.Sealed.Count}"),
            ("blobs", 0, row => $"{row.Blobs}"),
            ("thumbprint", AllColumns, row => row.Thumbprint ?? string.Empty),
        }.Where(column => width >= column.From).ToList();
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column.Name) { NoWrap = column.Name != "key", Padding = new Padding(width < MostColumns ? 0 : 1, 0, 1, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow([.. columns.Select(column => column.Cell(row))]);
        }

        return table;
    }

    private static string Shorten(string text, int length) => text.Length > length ? $"{text[..length]}…" : text;

    private static Row Describe(VaultKey key, BranchPins? pins, Dictionary<string, long> blobs) => new(
        key.Id.Name,
        key.Id.Version,
        key.Id,
        WrappingKeyPolicy.Describe(key),
        key.PublicKey?.SizeInBits,
        key.PublicKey?.Thumbprint,
        key.Tags.GetValueOrDefault(KeyTags.Label),
        key.CreatedOn,
        key.ExpiresOn,
        pins?.Current,
        pins?.Sealed ?? [],
        pins?.All.Sum(branch => blobs.GetValueOrDefault(BranchRecord.BlobNameOf(key.Id.Name, branch))) ?? 0);

    internal sealed record Row(
        string Name, string Version, KeyIdentifier Id, string State, int? SizeInBits, string? Thumbprint, string? Label,
        DateTimeOffset CreatedOn, DateTimeOffset? ExpiresOn, BranchName? Branch, IReadOnlyList<BranchName> Sealed, long Blobs);
}
