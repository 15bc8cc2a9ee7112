using System.CommandLine;
using Byok.Cli.Output;
using Byok.Client.Writing;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Storage;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob list</c>.</summary>
internal static class BlobListCommand
{
    public static Command Create()
    {
        var prefix = new Option<string?>("--prefix") { Description = "Only names that begin so." };
        return new Command("list", "List the protected blobs, and which key protects each.") { prefix }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetValue(prefix), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string? prefix, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<Row>();
        await foreach (var blob in stack.Reader.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            rows.Add(Describe(blob));
        }

        terminal.Document(rows);
        if (rows.Count == 0)
        {
            terminal.Line("no protected blobs");
            return ExitCodes.Done;
        }

        var table = new Table().Border(TableBorder.Simple).AddColumns("name", "size", "chunks", "key", "branch");
        table.Columns[1].RightAligned();
        table.Columns[2].RightAligned();
        foreach (var row in rows)
        {
            table.AddRow(
                Terminal.Cell(row.Name),
                row.PlaintextLength is { } length ? Units.Bytes(length) : "[red]not an envelope[/]",
                $"{row.Chunks}",
                Terminal.Cell(row.Key ?? string.Empty),
                Terminal.Cell(row.Branch ?? string.Empty));
        }

        terminal.Draw(table);
        return ExitCodes.Done;
    }

    private static Row Describe(ProtectedBlob blob)
    {
        try
        {
            var header = EnvelopeHeader.Parse(blob.Metadata, blob.Name);
            return new Row(blob.Name, header.PlaintextLength, EnvelopePlan.DivideUp(header.PlaintextLength, header.ChunkSizeInBytes), header.Wrapping.KeyId.Name, header.Wrapping.KeyId.Version, header.Branch.ToString(), null);
        }
        catch (EnvelopeException exception)
        {
            return new Row(blob.Name, null, null, null, null, null, exception.Message);
        }
    }

    /// <summary>A listed blob. Headers are read, not verified: that is what verify is for.</summary>
    private sealed record Row(string Name, long? PlaintextLength, long? Chunks, string? Key, string? KeyVersion, string? Branch, string? Fault);
}
