using System.CommandLine;
using System.CommandLine.Parsing;
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
        var vault = new Option<Uri?>("--vault") { Description = "Address of the vault it is meant for.", HelpName = "https://VAULT", CustomParser = ParseVault };
        var kekSize = new Option<int?>("--kek-size") { Description = "The KEK's size in bits: 2048, 3072 or 4096." };
        kekSize.AcceptOnlyFromAmong("2048", "3072", "4096");
        var keySize = new Option<int?>("--key-size") { Description = "The RSA key's size in bits: 2048, 3072 or 4096." };
        keySize.AcceptOnlyFromAmong("2048", "3072", "4096");
        return new Command("inspect", "Lint a transfer blob: name what is wrong with it.") { file, vault, kekSize, keySize }
            .Runs((parsed, terminal, cancellationToken) => InspectAsync(
                parsed.GetRequiredValue(file), parsed.GetValue(vault), parsed.GetValue(kekSize), parsed.GetValue(keySize), terminal, cancellationToken));
    }

    private static Uri? ParseVault(ArgumentResult result)
    {
        if (result.Tokens is [var token] && Uri.TryCreate(token.Value, UriKind.Absolute, out var vault) && vault.Scheme == Uri.UriSchemeHttps)
        {
            return vault;
        }

        result.AddError("--vault takes the address of a vault, https://VAULT.");
        return null;
    }

    private static async Task<int> InspectAsync(
        string file, Uri? vault, int? kekSize, int? keySize, Terminal terminal, CancellationToken cancellationToken)
    {
        var bytes = await ReadAsync(file, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Reads no further than a transfer blob could reach, also of a pipe or a device, whose length nobody tells.</summary>
    private static async Task<byte[]> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (Directory.Exists(file))
        {
            throw new ArgumentException($"'{file}' is a folder; name a file.");
        }

        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.Asynchronous);
        var bytes = new byte[MaxLengthInBytes + 1];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return length <= MaxLengthInBytes
            ? bytes[..length]
            : throw new TransferBlobException($"'{file}' has more than {MaxLengthInBytes} bytes; a transfer blob has a few thousand.");
    }
}
