using System.CommandLine;
using Byok.Cli.Output;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob verify</c>: decrypts every chunk and throws the plaintext away.</summary>
internal static class BlobVerifyCommand
{
    private const int Workers = 4;

    public static Command Create()
    {
        var name = BlobCommands.BlobName();
        var allowRenamed = BlobCommands.AllowRenamed();
        return new Command("verify", "Prove that a blob is intact and readable, every byte of it.") { name, allowRenamed }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(parsed.GetRequiredValue(name), parsed.GetValue(allowRenamed), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string name, bool allowRenamed, Terminal terminal, CancellationToken cancellationToken)
    {
        BlobName.ValidateStored(name);
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var blob = await stack.Reader.OpenAtStartAsync(name, PinFreshness.Now, cancellationToken, allowRenamed).ConfigureAwait(false);
        var layout = blob.Envelope.Layout;
        var verified = await ProgressLine.RunAsync(terminal, name, async report =>
        {
            var bytes = 0L;
            await EnvelopeDownload.CopyToAsync(
                blob.Envelope,
                Workers,
                (_, plaintext, _) =>
                {
                    report("verifying", Interlocked.Add(ref bytes, plaintext.Length), layout.PlaintextLength);
                    return ValueTask.CompletedTask;
                },
                progress: null,
                cancellationToken).ConfigureAwait(false);
            return bytes;
        }).ConfigureAwait(false);
        terminal.Document(new { name, intact = true, chunks = layout.ChunkCount, plaintextLength = verified, keyId = blob.Header.Wrapping.KeyId, blob.Header.Branch });
        terminal.Line($"intact '{name}': {Units.Count(layout.ChunkCount, "chunk")}, {Units.Bytes(verified)}, under {blob.Header.Wrapping.KeyId}");
        return ExitCodes.Done;
    }
}
