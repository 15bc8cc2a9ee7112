using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.RestoreKey;
using Byok.Pipeline.RevokeKey;

namespace Byok.Cli.Commands;

/// <summary><c>byok key restore</c>: enable, recover, or bring again from the HSM.</summary>
internal static class KeyRestoreCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The wrapping key." };
        return new Command("restore", "Give a revoked key back: enable it, recover it, or bring it again from the HSM.") { name }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                new RestoreKeyInput { KeyName = KeyName.Validate(parsed.GetRequiredValue(name)) }, terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(RestoreKeyInput input, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var life = await stack.Vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        input = input with { OrderedOn = life.NextOrderOn(TimeProvider.System.GetUtcNow()) };
        var revocation = await KeyOperations.FindLastAsync(stack, RevokeKeyOrchestration.Name, OperationVerb.Revoke, input.KeyName, cancellationToken).ConfigureAwait(false);
        var instance = await KeyOperations.ContinueOrBeginAsync(
            stack, RestoreKeyOrchestration.Name, OperationVerb.Restore, input.KeyName, begun => RestoreKeyInput.GoesOnWith(begun, revocation, life), cancellationToken).ConfigureAwait(false);
        var result = await ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<RestoreKeyResult>(
                RestoreKeyOrchestration.Name, input, instance, status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        terminal.Document(result);
        var how = result.Found switch
        {
            Revocation.Disabled => "it was disabled, and is enabled again",
            Revocation.Deleted => "it was deleted, and is recovered",
            _ => "it was destroyed in the vault, and was brought again from the HSM",
        };
        terminal.Line($"restored '{input.KeyName}': {how}");
        foreach (var version in result.Versions)
        {
            terminal.Line($"  version      {version}");
        }

        terminal.Line($"  proof        the vault unwraps{(result.Branches.Count > 0 ? $" {Units.Count(result.Branches.Count, "branch")}: {string.Join(", ", result.Branches)}" : string.Empty)}");
        if (result.ArePinsRecorded)
        {
            terminal.Line("  pins         the vault had none: they come from the ledger, this installation's own record; nobody else vouches for them");
        }

        foreach (var thumbprint in result.Missing)
        {
            terminal.Line($"  missing      the HSM has no master key {thumbprint}");
        }

        foreach (var branch in result.UnreadableBranches)
        {
            terminal.Line($"  unreadable   branch {branch}, by its record; 'byok branch rebuild {input.KeyName}' makes that anew from the blobs' copies");
        }

        return ExitCodes.Done;
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<RestoreKeyProgress>(OrchestrationJson.Options) is { } progress)
        {
            report(progress.Stage, 0, 0);
        }
    }
}
