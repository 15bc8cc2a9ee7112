using System.CommandLine;
using Byok.Cli.Output;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Storage;
using Spectre.Console;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob inspect</c>: what protects what, for one blob.</summary>
internal static class BlobInspectCommand
{
    public static Command Create()
    {
        var name = BlobCommands.BlobName();
        return new Command("inspect", "Show the key hierarchy of a blob: what protects what.") { name }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetRequiredValue(name), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string name, Terminal terminal, CancellationToken cancellationToken)
    {
        BlobName.ValidateStored(name);
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var stored = await stack.Reader.DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        var header = EnvelopeHeader.Parse(stored.Metadata, name);
        var (key, state) = await FindKeyAsync(stack, header, cancellationToken).ConfigureAwait(false);
        var refusal = await FindRefusalAsync(stack, name, cancellationToken).ConfigureAwait(false);
        var check = refusal switch
        {
            null => "verified",
            KeyUnavailableException => "not verifiable without the key",
            _ => $"refused: {refusal.Message}",
        };
        var layout = header.Layout;
        var isTableInTail = header.Placement == TablePlacement.Tail;
        var table = isTableInTail ? "tail" : "metadata";
        terminal.Document(new
        {
            name,
            formatVersion = EnvelopeFormat.Version,
            blobId = header.BlobId.ToString(),
            header.Generation,
            layout.PlaintextLength,
            storedLength = stored.Length,
            chunkSizeInBytes = layout.ChunkSizeInBytes,
            chunks = layout.ChunkCount,
            table = new { place = table, segments = layout.TableSegmentCount, lengthInBytes = layout.TableLength },
            wrappingKey = new { id = header.KeyId, thumbprint = header.KeyThumbprint, state, sizeInBits = key?.PublicKey?.SizeInBits, label = key?.Tags.GetValueOrDefault(KeyTags.Label) },
            wrappedDek = new { algorithm = "RSA-OAEP-256", lengthInBytes = header.WrappedDek.Length },
            header = check,
            metadataBytes = stored.Metadata.Sum(pair => pair.Key.Length + pair.Value.Length),
            etag = stored.ETag.ToString(),
        });

        var label = key?.Tags.GetValueOrDefault(KeyTags.Label);
        var tree = new Tree($"[bold]{Terminal.Cell(name)}[/]  {Units.Bytes(layout.PlaintextLength)}, generation {header.Generation}, header {Colour(check)}");
        var master = tree.AddNode($"[yellow]master key[/]   {Terminal.Cell(label is null ? "in the customer's HSM" : $"'{label}' in the customer's HSM")}, thumbprint {header.KeyThumbprint}");
        var wrapping = master.AddNode($"[yellow]wrapping key[/] {Terminal.Cell(header.KeyId.ToString())}\n             the same key in the vault's HSM: {Colour(state)}");
        var dek = wrapping.AddNode($"[yellow]DEK[/]          AES-256, one for this blob ({header.BlobId}); wrapped RSA-OAEP-256, {header.WrappedDek.Length} bytes in metadata");
        var beks = dek.AddNode(
            $"[yellow]BEKs[/]         {Units.Count(layout.ChunkCount, "AES-256 key")}, one for each chunk; sealed in {Units.Count(layout.TableSegmentCount, "table segment")} in the {(isTableInTail ? "blob's tail" : "metadata")}");
        beks.AddNode($"[yellow]chunks[/]       {Units.Count(layout.ChunkCount, "chunk")} of {Units.Bytes(layout.ChunkSizeInBytes)}, AES-256-GCM; {Units.Bytes(stored.Length)} stored");
        terminal.Draw(tree);
        if (refusal is not EnvelopeException)
        {
            return ExitCodes.Done;
        }

        terminal.Error(refusal.Message);
        return ExitCodes.For(refusal);
    }

    private static string Colour(string state) => state is "verified" or "enabled" ? $"[green]{state}[/]" : $"[red]{Terminal.Cell(state)}[/]";

    private static async Task<(VaultKey? Key, string State)> FindKeyAsync(LocalStack stack, EnvelopeHeader header, CancellationToken cancellationToken)
    {
        try
        {
            var id = await stack.Keys.ResolveAsync(header.KeyId, header.KeyThumbprint, cancellationToken).ConfigureAwait(false);
            var key = await stack.Vault.GetKeyAsync(id.Name, id.Version, cancellationToken).ConfigureAwait(false);
            return (key, key.Enabled ? "enabled" : "disabled");
        }
        catch (KeyUnavailableException)
        {
            return (null, "not in the vault");
        }
        catch (IntegrityException)
        {
            return (null, "thumbprint differs");
        }
    }

    private static async Task<ByokException?> FindRefusalAsync(LocalStack stack, string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var blob = await stack.Reader.OpenAsync(name, DekSource.Vault, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is KeyUnavailableException or EnvelopeException)
        {
            return (ByokException)exception;
        }
    }
}
