using System.CommandLine;
using Byok.Cli.Output;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;
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
        var (key, state, branchState) = await FindKeyAsync(stack, header, cancellationToken).ConfigureAwait(false);
        var (keyId, thumbprint) = (key?.Id ?? header.Wrapping.KeyId, key?.PublicKey?.Thumbprint ?? header.Wrapping.KeyThumbprint);
        var refusal = await FindRefusalAsync(stack, name, cancellationToken).ConfigureAwait(false);
        var check = refusal switch
        {
            null => "verified",
            KeyUnavailableException => "not verifiable without the key",
            _ => $"refused: {refusal.Message}",
        };
        var layout = refusal is null ? LayoutOf(header) : null;
        var isTableInTail = header.Placement == TablePlacement.Tail;
        var table = isTableInTail ? "tail" : "metadata";
        terminal.Document(new
        {
            name,
            formatVersion = EnvelopeFormat.Version,
            blobId = header.BlobId.ToString(),
            header.WrittenOn,
            header.PlaintextLength,
            storedLength = stored.Length,
            chunkSizeInBytes = header.ChunkSizeInBytes,
            chunks = layout?.ChunkCount,
            table = new { place = table, segments = layout?.TableSegmentCount, lengthInBytes = layout?.TableLength },
            wrappingKey = new { id = keyId, thumbprint, state, sizeInBits = key?.PublicKey?.SizeInBits, label = key?.Tags.GetValueOrDefault(KeyTags.Label) },
            branch = new { name = header.Branch, state = branchState, algorithm = BranchWrapping.Algorithm, lengthInBytes = header.Wrapping.WrappedKey.Length, copyIsBy = header.Wrapping.KeyId },
            sealedDek = new { algorithm = "AES-256-GCM", lengthInBytes = header.SealedDek.Length },
            header = check,
            metadataBytes = stored.Metadata.Sum(pair => pair.Key.Length + pair.Value.Length),
            etag = stored.ETag.ToString(),
        });

        var label = key?.Tags.GetValueOrDefault(KeyTags.Label);
        var tree = new Tree($"[bold]{Terminal.Cell(name)}[/]  {Units.Bytes(header.PlaintextLength)}, written {header.WrittenOn:yyyy-MM-dd HH:mm:ss} UTC, header {Colour(check)}");
        var master = tree.AddNode($"[yellow]master key[/]   {Terminal.Cell(label is null ? "in the customer's HSM" : $"'{label}' in the customer's HSM")}, thumbprint {thumbprint}");
        var wrapping = master.AddNode($"[yellow]wrapping key[/] {Terminal.Cell(keyId.ToString())}\n             the same key in the vault's HSM: {Colour(state)}");
        var branch = wrapping.AddNode(
            $"[yellow]branch key[/]   AES-256, one for many blobs ({header.Branch}); wrapped {BranchWrapping.Algorithm}, {header.Wrapping.WrappedKey.Length} bytes in metadata and in the record: {Colour(branchState)}");
        var dek = branch.AddNode($"[yellow]DEK[/]          AES-256, one for this blob ({header.BlobId}); sealed AES-256-GCM, {header.SealedDek.Length} bytes in metadata");
        var beks = dek.AddNode(layout is null
            ? "[yellow]BEKs[/]         AES-256 keys, one for each chunk; how many is not to be believed before the header verifies"
            : $"[yellow]BEKs[/]         {Units.Count(layout.ChunkCount, "AES-256 key")}, one for each chunk; sealed in {Units.Count(layout.TableSegmentCount, "table segment")} in the {(isTableInTail ? "blob's tail" : "metadata")}");
        beks.AddNode($"[yellow]chunks[/]       {(layout is null ? "chunks" : Units.Count(layout.ChunkCount, "chunk"))} of {Units.Bytes(header.ChunkSizeInBytes)}, AES-256-GCM; {Units.Bytes(stored.Length)} stored");
        terminal.Draw(tree);
        if (refusal is not EnvelopeException)
        {
            return ExitCodes.Done;
        }

        terminal.Error(refusal.Message);
        return ExitCodes.For(refusal);
    }

    private static string Colour(string state) => state is "verified" or "enabled" or "current" or "sealed" ? $"[green]{state}[/]" : $"[red]{Terminal.Cell(state)}[/]";

    private static BlobLayout LayoutOf(EnvelopeHeader header) => new(header.PlaintextLength, header.ChunkSizeInBytes, header.ChunksPerTableSegment);

    private static async Task<(VaultKey? Key, string State, string BranchState)> FindKeyAsync(LocalStack stack, EnvelopeHeader header, CancellationToken cancellationToken)
    {
        var life = await stack.Vault.ReadLifeWithPublicKeysAsync(header.Wrapping.KeyId.Name, cancellationToken).ConfigureAwait(false);
        var branchState = "pins cannot be read";
        try
        {
            var pins = BranchPins.Find(life);
            branchState = pins is null || !pins.Contains(header.Branch) ? "not pinned" : pins.Current == header.Branch ? "current" : "sealed";
        }
        catch (KeyUnavailableException)
        {
            // As it is called above.
        }

        if (await FindServingAsync(stack, life, header, cancellationToken).ConfigureAwait(false) is { } serving)
        {
            return (serving, serving.Enabled ? "enabled" : "disabled", branchState);
        }

        var key = life.Versions.FirstOrDefault(version => version.Id == header.Wrapping.KeyId)
            ?? life.Versions.FirstOrDefault(version => version.PublicKey?.Thumbprint == header.Wrapping.KeyThumbprint);
        return (key, key is null ? "not in the vault" : key.PublicKey is { } publicKey && publicKey.Thumbprint != header.Wrapping.KeyThumbprint ? "thumbprint differs" : key.Enabled ? "enabled" : "disabled", branchState);
    }

    /// <summary>
    /// The version by which a reader gets the branch's key: after a rotation another one than the blob's copy names, for a rotation touches no blob.
    /// </summary>
    private static async Task<VaultKey?> FindServingAsync(LocalStack stack, KeyLife life, EnvelopeHeader header, CancellationToken cancellationToken)
    {
        try
        {
            var record = await stack.BranchKeeper.FindRecordAsync(life.Name, header.Branch, cancellationToken).ConfigureAwait(false);
            var candidates = BranchCandidates.Of(life, header.Branch, header.Wrapping, record, new AcceptedKeys([life.Name]));
            return candidates.InOrder is [var first, ..] ? life.Versions.Single(version => version.Id == first.Version) : null;
        }
        catch (Exception exception) when (exception is KeyUnavailableException or IntegrityException)
        {
            return null; // no pins, or another branch: what the copy names is all there is to show
        }
    }

    private static async Task<ByokException?> FindRefusalAsync(LocalStack stack, string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var blob = await stack.Reader.OpenAsync(name, PinFreshness.Now, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (exception is KeyUnavailableException or EnvelopeException)
        {
            return (ByokException)exception;
        }
    }
}
