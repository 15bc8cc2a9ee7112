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

        var table = new Table().Border(TableBorder.Simple).AddColumns("key", "version", "state", "RSA", "created", "expires", "branch", "sealed", "blobs", "thumbprint");
        foreach (var row in rows)
        {
            var colour = row.State == KeyTags.Active ? "green" : "yellow";
            table.AddRow(
                Terminal.Cell(row.Name), Terminal.Cell(row.Version), $"[{colour}]{Terminal.Cell(row.State)}[/]", $"{row.SizeInBits}", $"{row.CreatedOn:yyyy-MM-dd HH:mm}",
                $"{row.ExpiresOn:yyyy-MM-dd}", row.Branch?.ToString()[..12] ?? string.Empty, $"{row.Sealed.Count}", $"{row.Blobs}", row.Thumbprint ?? string.Empty);
        }

        terminal.Draw(table);
        return ExitCodes.Done;
    }

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

    private sealed record Row(
        string Name, string Version, KeyIdentifier Id, string State, int? SizeInBits, string? Thumbprint, string? Label,
        DateTimeOffset CreatedOn, DateTimeOffset? ExpiresOn, BranchName? Branch, IReadOnlyList<BranchName> Sealed, long Blobs);
}
