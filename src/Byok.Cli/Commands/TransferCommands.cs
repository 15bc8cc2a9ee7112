using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Transfer;

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
        var vault = new Option<Uri?>("--vault") { Description = "Address of the vault it is meant for." };
        var kekSize = new Option<int?>("--kek-size") { Description = "The KEK's size in bits: 2048, 3072 or 4096." };
        var keySize = new Option<int?>("--key-size") { Description = "The RSA key's size in bits: 2048, 3072 or 4096." };
        return new Command("inspect", "Lint a transfer blob: name what is wrong with it.") { file, vault, kekSize, keySize }
            .Runs((parsed, terminal, cancellationToken) => InspectAsync(
                parsed.GetRequiredValue(file), parsed.GetValue(vault), parsed.GetValue(kekSize), parsed.GetValue(keySize), terminal, cancellationToken));
    }

    private static async Task<int> InspectAsync(
        string file, Uri? vault, int? kekSize, int? keySize, Terminal terminal, CancellationToken cancellationToken)
    {
        if (new FileInfo(file) is { Exists: true, Length: > MaxLengthInBytes } info)
        {
            throw new TransferBlobException($"'{file}' has {info.Length} bytes; a transfer blob has a few thousand.");
        }

        var bytes = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        var findings = TransferBlobLinter.Lint(bytes, vault, kekSize, keySize);
        var isSound = findings.All(finding => finding.Severity != TransferBlobSeverity.Error);
        var blob = isSound ? TransferBlob.Parse(bytes) : null;
        terminal.Document(new
        {
            file,
            sound = isSound,
            kek = blob?.KekId,
            ciphertextLengthInBytes = blob?.Ciphertext.Length,
            generator = blob?.Generator,
            findings = findings.Select(finding => new { severity = finding.Severity, finding.Code, finding.Message }),
        });
        foreach (var finding in findings)
        {
            terminal.Line($"{finding.Severity.ToString().ToLowerInvariant(),-8} {finding.Code}: {finding.Message}");
        }

        if (blob is null)
        {
            terminal.Error($"'{file}' is not a sound transfer blob; {findings.Count(finding => finding.Severity == TransferBlobSeverity.Error)} fault(s) found.");
            return ExitCodes.Failed;
        }

        terminal.Line($"sound    for the KEK {blob.KekId}, {blob.Ciphertext.Length} bytes of ciphertext, made by '{blob.Generator}'");
        return ExitCodes.Done;
    }
}
