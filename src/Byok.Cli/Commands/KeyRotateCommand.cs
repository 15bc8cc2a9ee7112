using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RotateKey;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok key rotate</c>: a new master key, with every branch; or, with <c>--branch</c>, a branch taken out of use. Given again after a crash, it goes on.</summary>
internal static class KeyRotateCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The wrapping key; with --blob, ignored when it is not the blob's." };
        var label = new Option<string?>("--label") { Description = "Label of the new master key in the HSM. Default: NAME and today's date, generated." };
        var size = new Option<int?>("--size") { Description = "Size in bits of a master key that has to be generated: 2048, 3072 or 4096. Default: as now." };
        size.AcceptOnlyFromAmong("2048", "3072", "4096");
        var branch = new Option<string?>("--branch")
        {
            Description = "Bring no new key: take a branch out of use, and move its blobs to another. Without ID, the current one.",
            HelpName = "ID",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var deep = new Option<bool>("--deep") { Description = "Encrypt the data anew, with new DEKs and BEKs: for when a DEK may be known to others. With --branch, the blobs of that branch." };
        var blob = new Option<string?>("--blob") { Description = "With --deep: only this blob, under the key's current branch." };
        var grace = new Option<TimeSpan>("--grace")
        {
            Description = $"How long the old version stays enabled after the new one is in use: {Duration.Form}. The command waits for it. Default: 0s.",
            HelpName = "DURATION",
            CustomParser = Duration.Parse,
            DefaultValueFactory = _ => TimeSpan.Zero,
        };
        return new Command("rotate", "Bring a new master key, wrap every branch with it, then disable the old version; or take a branch out of use.") { name, label, size, branch, deep, blob, grace }
            .Runs((parsed, terminal, cancellationToken) =>
            {
                var keyName = KeyName.Validate(parsed.GetRequiredValue(name));
                if (parsed.GetValue(blob) is { } blobName)
                {
                    if (parsed.GetResult(branch) is not null)
                    {
                        throw new ArgumentException("--blob is one blob and --branch all of a branch's: give one of them.");
                    }

                    return parsed.GetValue(deep)
                        ? ReencryptAsync(BlobName.ValidateStored(blobName), terminal, cancellationToken)
                        : throw new ArgumentException("--blob needs --deep: a single blob is encrypted anew, a key is rotated for all its blobs.");
                }

                if (parsed.GetResult(branch) is not null)
                {
                    if (parsed.GetValue(label) is not null || parsed.GetValue(size) is not null || parsed.GetValue(grace) != TimeSpan.Zero)
                    {
                        throw new ArgumentException("--branch brings no key: give it without --label, --size and --grace.");
                    }

                    var id = parsed.GetValue(branch) is { } text
                        ? BranchName.TryParse(text, out var named) ? named : throw new ArgumentException("--branch takes a branch's name, 43 characters; 'byok branch list' shows them.")
                        : null;
                    return RetireAsync(new RetireBranchInput { KeyName = keyName, Branch = id, Deep = parsed.GetValue(deep) }, terminal, cancellationToken);
                }

                var input = new RotateKeyInput
                {
                    KeyName = keyName,
                    NewLabel = parsed.GetValue(label),
                    GenerateSizeInBits = parsed.GetValue(size),
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

        if (last is { IsEnded: false } && (input.NewLabel is not null || input.GenerateSizeInBits is not null || input.Deep))
        {
            throw new OperationInProgressException(
                $"The rotation '{last.InstanceId}' of '{input.KeyName}' is under way; 'byok key rotate {input.KeyName}' without options goes on with it.");
        }

        // One that failed or was cut off goes on with the key that it had brought.
        var instance = last is null or { State: OrchestrationState.Completed } ? OperationId.New(OperationVerb.Rotate, input.KeyName).ToString() : last.InstanceId;
        stack.TellIfTheAgentIsDown(terminal.Note);

        var result = await ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, input, instance, status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        terminal.Document(result);
        terminal.Line($"rotated '{input.KeyName}': {Units.Count(result.Branches.Count, "branch")} wrapped by {result.KeyId}");
        if (input.Deep)
        {
            terminal.Line($"  anew         {Units.Count(result.Reencrypted, "blob")} encrypted anew");
        }

        terminal.Line($"  took         {(result.EndedOn - result.StartedOn).TotalSeconds:0} s");
        foreach (var version in result.Disabled)
        {
            terminal.Line($"  disabled     {version}");
        }

        foreach (var kept in result.Kept)
        {
            terminal.Line($"  kept enabled {kept.Id}: {kept.Reason}");
        }

        ListLeft(result.Unmovable, terminal);
        if (result.Kept.Count > 0)
        {
            terminal.Error($"{Units.Count(result.Kept.Count, "old version")} stay enabled because a branch needs them; make its record anew (byok branch rebuild {input.KeyName}), then rotate again.");
            return ExitCodes.Failed;
        }

        if (result.LeftBehind > 0)
        {
            terminal.Error($"{Units.Count(result.LeftBehind, "blob")} could not be encrypted anew; mend them, then give them one by one: --deep --blob.");
            return ExitCodes.Failed;
        }

        return ExitCodes.Done;
    }

    private static async Task<int> RetireAsync(RetireBranchInput input, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var last = await KeyOperations.FindLastAsync(stack, RetireBranchOrchestration.Name, OperationVerb.Retire, input.KeyName, cancellationToken).ConfigureAwait(false);
        var running = last is { IsEnded: false } ? last.InstanceId : null;
        var result = await RunRetirementAsync(running ?? OperationId.New(OperationVerb.Retire, input.KeyName).ToString()).ConfigureAwait(false);
        if (input.Branch is null && running is not null)
        {
            terminal.Note($"{input.KeyName}: this was the retirement of branch {result.Branch}, which had been under way; to retire the branch that is current now as well, give the command again");
        }

        if (input.Branch is { } asked && result.Branch != asked)
        {
            terminal.Note($"{input.KeyName}: the retirement of branch {result.Branch}, which was under way, came to its end first");
            result = await RunRetirementAsync(OperationId.New(OperationVerb.Retire, input.KeyName).ToString()).ConfigureAwait(false);
        }

        terminal.Document(result);
        terminal.Line($"{(result.IsRetired ? "retired" : "sealed")} branch {result.Branch} of '{input.KeyName}': {Units.Count(result.Moved, "blob")} moved to {result.Current}");
        terminal.Line($"  proved by    {Units.Count(result.Passes, "listing")}");
        terminal.Line($"  took         {(result.EndedOn - result.StartedOn).TotalSeconds:0} s");
        ListLeft(result.Unmovable, terminal);
        if (input.Deep && !result.IsDeep)
        {
            terminal.Error($"The retirement that was under way encrypted nothing anew; 'byok key rotate {input.KeyName} --deep' does.");
            return ExitCodes.Failed;
        }

        if (result.IsRetired)
        {
            return ExitCodes.Done;
        }

        terminal.Error($"{Units.Count(result.LeftBehind, "blob")} could not be moved and keep the branch sealed; mend them, then retire it again: byok key rotate {input.KeyName} --branch {result.Branch}");
        return ExitCodes.Failed;

        Task<RetireBranchResult> RunRetirementAsync(string operationId) => ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<RetireBranchResult>(RetireBranchOrchestration.Name, input, operationId, status => Report(status, report), cancellationToken));
    }

    private static void ListLeft(IReadOnlyList<UnmovableBlob> blobs, Terminal terminal)
    {
        foreach (var blob in blobs)
        {
            terminal.Line($"  left behind  {blob.Name}: {blob.Explanation}");
        }
    }

    private static async Task<int> ReencryptAsync(string blob, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var result = await ProgressLine.RunAsync(
            terminal,
            blob,
            _ => stack.RunAsync<ReencryptBlobResult>(
                ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = blob }, OperationId.New(OperationVerb.Reencrypt).ToString(), _ => { }, cancellationToken)).ConfigureAwait(false);
        terminal.Document(new { name = blob, result.BlobId, result.KeyId, result.Branch, result.PlaintextLength, result.ETag });
        terminal.Line($"encrypted '{blob}' anew: {Units.Bytes(result.PlaintextLength)} under a new DEK, {result.KeyId}, branch {result.Branch}");
        return ExitCodes.Done;
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<MoveProgress>(OrchestrationJson.Options) is { } progress)
        {
            var rate = progress.BlobsPerSecond > 0
                ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $", {progress.BlobsPerSecond:0} blobs/s, {progress.BlobsLeft:N0} left, {progress.SecondsLeft:0} s")
                : string.Empty;
            report(progress.Stage + rate, progress.BlobsDone, progress.BlobsDone + progress.BlobsLeft);
        }
    }
}
