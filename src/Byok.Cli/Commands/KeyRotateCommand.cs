using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RotateKey;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok key rotate</c>: a new master key, and every blob moved to it. Given again after a crash, it goes on.</summary>
internal static class KeyRotateCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The wrapping key; with --blob, ignored when it is not the blob's." };
        var label = new Option<string?>("--label") { Description = "Label of the new master key in the HSM. Default: NAME and today's date, generated." };
        var size = new Option<int?>("--size") { Description = "Size in bits of a master key that has to be generated: 2048, 3072 or 4096. Default: as now." };
        size.AcceptOnlyFromAmong("2048", "3072", "4096");
        var rewrapOnly = new Option<bool>("--rewrap-only") { Description = "Bring no new key: move blobs that name another version to the newest one that is there, as after a restore from a purge." };
        var deep = new Option<bool>("--deep") { Description = "Encrypt the data anew, with new DEKs and BEKs: for when a DEK may be known to others." };
        var blob = new Option<string?>("--blob") { Description = "With --deep: only this blob, under the key's present version." };
        var grace = new Option<TimeSpan>("--grace")
        {
            Description = $"How long the old version stays enabled after nothing uses it: {Duration.Form}. The command waits for it. Default: 0s.",
            HelpName = "DURATION",
            CustomParser = Duration.Parse,
            DefaultValueFactory = _ => TimeSpan.Zero,
        };
        return new Command("rotate", "Bring a new master key and move every blob to it; then disable the old version.") { name, label, size, rewrapOnly, deep, blob, grace }
            .Runs((parsed, terminal, cancellationToken) =>
            {
                var keyName = KeyName.Validate(parsed.GetRequiredValue(name));
                if (parsed.GetValue(blob) is { } blobName)
                {
                    return parsed.GetValue(deep)
                        ? ReencryptAsync(BlobName.ValidateStored(blobName), terminal, cancellationToken)
                        : throw new ArgumentException("--blob needs --deep: a single blob is encrypted anew, a key is rotated for all its blobs.");
                }

                if (parsed.GetValue(rewrapOnly) && (parsed.GetValue(deep) || parsed.GetValue(label) is not null || parsed.GetValue(size) is not null))
                {
                    throw new ArgumentException("--rewrap-only brings no key and encrypts nothing anew: give it without --label, --size and --deep.");
                }

                var input = new RotateKeyInput
                {
                    KeyName = keyName,
                    NewLabel = parsed.GetValue(label),
                    GenerateSizeInBits = parsed.GetValue(size),
                    RewrapOnly = parsed.GetValue(rewrapOnly),
                    Deep = parsed.GetValue(deep),
                    GracePeriod = parsed.GetValue(grace),
                };
                return RunAsync(input, terminal, cancellationToken);
            });
    }

    private static async Task<int> RunAsync(RotateKeyInput input, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var last = await KeyOperations.FindLastAsync(stack, RotateKeyOrchestration.Name, OperationVerb.Rotate, input.KeyName, cancellationToken).ConfigureAwait(false);
        if (last is { IsEnded: false } && await stack.Operations.IsRunElsewhereAsync(last.InstanceId, cancellationToken).ConfigureAwait(false))
        {
            throw new OperationInProgressException(
                $"The rotation '{last.InstanceId}' of '{input.KeyName}' is under way in another process; wait for it. If that process is killed, this command goes on with it.");
        }

        if (last is { IsEnded: false } && (input.NewLabel is not null || input.GenerateSizeInBits is not null || input.Deep || input.RewrapOnly))
        {
            throw new OperationInProgressException(
                $"The rotation '{last.InstanceId}' of '{input.KeyName}' is under way; 'byok key rotate {input.KeyName}' without options goes on with it.");
        }

        // One that failed or was cut off goes on with the key that it had brought.
        var instance = last is null or { State: OrchestrationState.Completed } || input.RewrapOnly ? OperationId.New(OperationVerb.Rotate, input.KeyName).ToString() : last.InstanceId;
        if (!input.RewrapOnly)
        {
            stack.TellIfTheAgentIsDown(terminal.Note);
        }

        var result = await ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, input, instance, status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        terminal.Document(result);
        terminal.Line($"rotated '{input.KeyName}': {Units.Count(result.Rewrapped, "blob")} moved to {result.KeyId}");
        terminal.Line($"  proved by    {Units.Count(result.Passes, "listing")}; nothing else is on an old version");
        terminal.Line($"  took         {(result.EndedOn - result.StartedOn).TotalSeconds:0} s");
        foreach (var version in result.Disabled)
        {
            terminal.Line($"  disabled     {version}");
        }

        foreach (var version in result.KeptEnabled)
        {
            terminal.Line($"  kept enabled {version}");
        }

        if (result.LeftBehind == 0)
        {
            return ExitCodes.Done;
        }

        foreach (var blob in result.Unmovable)
        {
            terminal.Line($"  left behind  {blob.Name}: {blob.Explanation}");
        }

        terminal.Error($"{Units.Count(result.LeftBehind, "blob")} could not be moved and keep an old version enabled; mend them, then rotate again.");
        return ExitCodes.Failed;
    }

    private static async Task<int> ReencryptAsync(string blob, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var result = await ProgressLine.RunAsync(
            terminal,
            blob,
            _ => stack.RunAsync<ReencryptBlobResult>(
                ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = blob }, OperationId.New(OperationVerb.Reencrypt).ToString(), _ => { }, cancellationToken)).ConfigureAwait(false);
        terminal.Document(new { name = blob, result.BlobId, result.KeyId, result.Generation, result.PlaintextLength, result.ETag });
        terminal.Line($"encrypted '{blob}' anew: {Units.Bytes(result.PlaintextLength)} under a new DEK, generation {result.Generation}, {result.KeyId}");
        return ExitCodes.Done;
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<RotateKeyProgress>(OrchestrationJson.Options) is { } progress)
        {
            var rate = progress.BlobsPerSecond > 0
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", {progress.BlobsPerSecond:0} blobs/s, {progress.BlobsLeft:N0} left, {progress.SecondsLeft:0} s")
                : string.Empty;
            report(progress.Stage + rate, progress.BlobsDone, progress.BlobsDone + progress.BlobsLeft);
        }
    }
}
