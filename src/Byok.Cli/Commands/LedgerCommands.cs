using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Ports;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Storage.Ledger;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok ledger ...</c>.</summary>
internal static class LedgerCommands
{
    public static Command Create() => new("ledger", "The hash-chained record of every key and blob event.")
    {
        Show(),
        Verify(),
    };

    private static Command Show()
    {
        var last = new Option<int>("--last") { Description = "So many entries from the end.", DefaultValueFactory = _ => 50 };
        var operation = new Option<string?>("--operation") { Description = "Only events of operations whose id begins so: from HSM to blob." };
        return new Command("show", "Show the ledger; its chain is verified on the way.") { last, operation }
            .Runs((parsed, terminal, cancellationToken) => ShowAsync(parsed.GetValue(last), parsed.GetValue(operation), terminal, cancellationToken));
    }

    private static Command Verify() => new Command("verify", "Verify the ledger's hash chain from its first entry to its last.")
        .Runs((_, terminal, cancellationToken) => VerifyAsync(terminal, cancellationToken));

    private static async Task<int> ShowAsync(int last, string? operation, Terminal terminal, CancellationToken cancellationToken)
    {
        if (last < 1)
        {
            throw new ArgumentException("--last is at least 1.");
        }

        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var entries = new Queue<LedgerEntry>();
        await foreach (var entry in new BlobLedger(stack.Storage.Ledger, TimeProvider.System).ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (operation is null || entry.Event.CorrelationId.StartsWith(operation, StringComparison.Ordinal))
            {
                entries.Enqueue(entry);
                if (entries.Count > last)
                {
                    entries.Dequeue();
                }
            }
        }

        terminal.Document(entries);
        var table = new Table().Border(TableBorder.Simple).AddColumns("#", "when (UTC)", "event", "subject", "operation", "details");
        foreach (var entry in entries)
        {
            table.AddRow(
                $"{entry.Sequence}", $"{entry.RecordedOn:yyyy-MM-dd HH:mm:ss}", Terminal.Cell(entry.Event.Kind), Terminal.Cell(entry.Event.Subject),
                Terminal.Cell(entry.Event.CorrelationId), Terminal.Cell(string.Join(", ", entry.Event.Details.Select(pair => $"{pair.Key} {pair.Value}"))));
        }

        if (entries.Count > 0)
        {
            terminal.Draw(table);
        }
        else
        {
            terminal.Line("no entries");
        }

        return ExitCodes.Done;
    }

    private static async Task<int> VerifyAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        LedgerEntry? newest = null;
        await foreach (var entry in new BlobLedger(stack.Storage.Ledger, TimeProvider.System).ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            newest = entry;
        }

        terminal.Document(new { intact = true, entries = newest?.Sequence ?? 0, lastHash = newest?.Hash });
        terminal.Line(newest is null ? "intact: the ledger is empty" : $"intact: {Units.Count(newest.Sequence, "entry")}, last hash {newest.Hash}");
        return ExitCodes.Done;
    }
}
