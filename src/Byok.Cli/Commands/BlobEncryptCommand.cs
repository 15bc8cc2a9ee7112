using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Files;
using Byok.Cli.Output;
using Byok.Client.Reading;
using Byok.Client.Writing;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.EncryptBlob;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok blob encrypt</c>: uploads a file as any client would and watches the pipeline protect it.</summary>
internal static class BlobEncryptCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The file to protect." };
        var name = new Option<string?>("--name") { Description = "The blob's name. Default: the file's name." };
        var key = new Option<string?>("--key") { Description = "The wrapping key. Default: by prefix, else the first key that was brought." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a blob of that name." };
        return new Command("encrypt", "Protect a file: upload it, encrypt it 4 MiB at a time, verify it, delete the upload.") { file, name, key, overwrite }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                parsed.GetRequiredValue(file), parsed.GetValue(name), parsed.GetValue(key), parsed.GetValue(overwrite), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(
        string file, string? name, string? key, bool overwrite, Terminal terminal, CancellationToken cancellationToken)
    {
        name = BlobName.Validate(name ?? Path.GetFileName(file));
        if (key is not null)
        {
            KeyName.Validate(key);
        }

        using var source = OpenSource(file);
        using var intent = UploadIntent.Begin(StackPaths.FromEnvironment(), name, file, source);
        var result = await ProtectAsync(source, name, key, overwrite, intent, terminal, cancellationToken).ConfigureAwait(false);
        terminal.Document(new { name, result.BlobId, result.KeyId, result.Branch, result.PlaintextLength, result.Chunks, result.Activities, etag = result.ETag });
        terminal.Line($"protected '{name}': {Units.Bytes(result.PlaintextLength)} in {Units.Count(result.Chunks, "chunk")}, under {result.KeyId}");
        // The very last thing: whoever kills this process before here, and gives the command again, is told of the success again.
        intent.Complete();
        return ExitCodes.Done;
    }

    private static async Task<EncryptBlobResult> ProtectAsync(
        FileStream source, string name, string? key, bool overwrite, UploadIntent intent, Terminal terminal, CancellationToken cancellationToken)
    {
        LocalStack? stack = null;
        try
        {
            stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!intent.IsResumed)
            {
                // Plaintext and ciphertext stand side by side until the ciphertext is verified.
                StackDisk.Require(stack.Paths, 2 * source.Length);
                using var branch = await stack.Branches.GetCurrentAsync(stack.Selection.Select(name, key), PinFreshness.Now, cancellationToken).ConfigureAwait(false);
                if (!overwrite)
                {
                    await RefuseExistingAsync(stack, name, cancellationToken).ConfigureAwait(false);
                }
            }

            return await UploadAndEncryptAsync(stack, source, name, key, overwrite, intent, terminal, cancellationToken).ConfigureAwait(false);
        }
        catch (ByokException) when (stack is null)
        {
            if (!intent.IsResumed)
            {
                intent.Complete(); // nothing was begun
            }

            throw;
        }
        catch (PermanentByokException exception) when (exception is not ForeignBlobException)
        {
            // It will not go on by itself, and the user has the file: leave no plaintext behind. Where a stranger's blob took its place, the upload is evidence.
            await new FileUploader(stack!.Storage).DeleteAsync(name, intent.Fingerprint).ConfigureAwait(false);
            intent.Complete();
            throw;
        }
        finally
        {
            if (stack is not null)
            {
                await stack.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<EncryptBlobResult> UploadAndEncryptAsync(
        LocalStack stack, FileStream source, string name, string? key, bool overwrite, UploadIntent intent, Terminal terminal, CancellationToken cancellationToken)
    {
        var result = await ProgressLine.RunAsync(terminal, name, async report =>
        {
            var uploader = new FileUploader(stack.Storage);
            if (stack.Host == StackHost.Functions)
            {
                // The app knows the default key of when it was started; and its trigger does not look twice at an upload that failed.
                key = stack.Selection.Select(name, key);
                await ForgetFailedUploadAsync(stack, uploader, name, intent, cancellationToken).ConfigureAwait(false);
            }

            // An upload that was complete before: whether it is still there, the pipeline finds out.
            if (intent.ETag is null)
            {
                var found = await uploader.FindAsync(name, intent.Fingerprint, key, cancellationToken).ConfigureAwait(false);
                if (found is null && intent.IsResumed && !overwrite
                    && await StoredCopy.FindAsync(
                        stack.Reader, source, name, stack.Selection.Select(name, key), report, cancellationToken).ConfigureAwait(false) is { } done)
                {
                    return done;
                }

                intent.ETag = found ?? await uploader.UploadAsync(source, name, key, intent.Fingerprint, report, cancellationToken).ConfigureAwait(false);
            }

            var input = new EncryptBlobInput { BlobName = name, ETag = intent.ETag, Overwrite = overwrite };
            return await stack.RunAsync<EncryptBlobResult>(
                EncryptBlobOrchestration.Name, input, EncryptBlobInput.InstanceIdFor(name, intent.ETag), status => Report(status, report), cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);

        return result.Outcome == EncryptBlobOutcome.Protected
            ? result
            : throw new ConcurrentWriteException($"'{name}' was uploaded again by somebody else while it was encrypted; that newer upload counts.");
    }

    private static async Task ForgetFailedUploadAsync(
        LocalStack stack, FileUploader uploader, string name, UploadIntent intent, CancellationToken cancellationToken)
    {
        if (intent.ETag is { } etag
            && await stack.Operations.FindAsync(EncryptBlobInput.InstanceIdFor(name, etag), cancellationToken).ConfigureAwait(false)
                is { State: OrchestrationState.Failed or OrchestrationState.Terminated })
        {
            await uploader.DeleteAsync(name, intent.Fingerprint).ConfigureAwait(false);
            intent.ETag = null;
        }
    }

    private static FileStream OpenSource(string file)
    {
        if (Directory.Exists(file))
        {
            throw new ArgumentException($"'{file}' is a folder; name a file.");
        }

        if (FileKind.IsSpecial(file))
        {
            throw new ArgumentException($"'{file}' is a device or a pipe, which has no length to plan with; put its content into a file.");
        }

        try
        {
            return new FileStream(file, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 0 });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BlobNotFoundException($"The file '{file}' does not exist.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ConfigurationException($"The file '{file}' cannot be read: permission denied.", exception);
        }
    }

    private static async Task RefuseExistingAsync(LocalStack stack, string name, CancellationToken cancellationToken)
    {
        try
        {
            await stack.Reader.DescribeAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (BlobNotFoundException)
        {
            return;
        }

        throw new BlobAlreadyExistsException($"A protected blob '{name}' is already there; choose another --name, or say --overwrite.");
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<WriteProgress>(OrchestrationJson.Options) is { } progress)
        {
            report(progress.Stage, progress.BytesDone, progress.BytesTotal);
        }
    }
}
