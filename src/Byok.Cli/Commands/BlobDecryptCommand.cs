using System.CommandLine;
using Byok.Cli.Files;
using Byok.Cli.Output;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob decrypt</c>: the plaintext appears under its name only when all of it is authenticated.</summary>
internal static class BlobDecryptCommand
{
    private const int Workers = 4;

    public static Command Create()
    {
        var name = BlobCommands.BlobName();
        var output = new Option<string>("--output", "-o") { Description = "Where the plaintext goes; an existing file is replaced when all is well.", Required = true };
        var allowRenamed = BlobCommands.AllowRenamed();
        return new Command("decrypt", "Read a blob back into a file.") { name, output, allowRenamed }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                parsed.GetRequiredValue(name), parsed.GetRequiredValue(output), parsed.GetValue(allowRenamed), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string name, string output, bool allowRenamed, Terminal terminal, CancellationToken cancellationToken)
    {
        BlobName.ValidateStored(name);
        if (output.Length == 0)
        {
            throw new ArgumentException("--output is empty; name a file.");
        }

        if (Directory.Exists(output))
        {
            throw new ArgumentException($"'{output}' is a folder; name a file.");
        }

        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var blob = await stack.Reader.OpenAtStartAsync(name, PinFreshness.Now, cancellationToken, allowRenamed).ConfigureAwait(false);
        var length = blob.Envelope.Layout.PlaintextLength;
        await ProgressLine.RunAsync(terminal, name, async report =>
        {
            await using var file = PlaintextFile.Create(output, length);
            await EnvelopeDownload.CopyToAsync(
                blob.Envelope, Workers, file.WriteAsync, new SynchronousProgress<long>(done => report("decrypting", done, length)), cancellationToken).ConfigureAwait(false);
            file.Publish();
            return true;
        }).ConfigureAwait(false);
        terminal.Document(new { name, output = Path.GetFullPath(output), plaintextLength = length, keyId = blob.Header.Wrapping.KeyId, blob.Header.Branch });
        terminal.Line($"decrypted '{name}': {Units.Bytes(length)} to {output}");
        return ExitCodes.Done;
    }
}
