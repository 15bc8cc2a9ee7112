using System.CommandLine;
using System.Globalization;
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

/// <summary><c>byok key revoke</c>: the kill switch, and its rehearsal.</summary>
internal static class KeyRevokeCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The wrapping key." };
        var delete = new Option<bool>("--delete") { Description = "Delete the key (it stays recoverable) instead of disabling it." };
        var rehearse = new Option<bool>("--rehearse") { Description = "Do it to a canary key and blob that are made for it; NAME is not touched." };
        return new Command("revoke", "Take a key away: every blob under it becomes unreadable until it is restored.") { name, delete, rehearse }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                new RevokeKeyInput
                {
                    KeyName = KeyName.Validate(parsed.GetRequiredValue(name)),
                    Mode = parsed.GetValue(delete) ? RevocationMode.Delete : RevocationMode.Disable,
                    Rehearsal = parsed.GetValue(rehearse),
                },
                terminal,
                cancellationToken));
    }

    private static async Task<int> RunAsync(RevokeKeyInput input, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var verb = input.Rehearsal ? OperationVerb.Rehearse : OperationVerb.Revoke;
        var life = await stack.Vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        input = input with { OrderedOn = life.NextOrderOn(TimeProvider.System.GetUtcNow()) };
        var restore = await KeyOperations.FindLastAsync(stack, RestoreKeyOrchestration.Name, OperationVerb.Restore, input.KeyName, cancellationToken).ConfigureAwait(false);
        var instance = await KeyOperations.ContinueOrBeginAsync(
            stack, RevokeKeyOrchestration.Name, verb, input.KeyName, begun => input.GoesOnWith(begun, restore, life), cancellationToken).ConfigureAwait(false);
        var result = await ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<RevokeKeyResult>(
                RevokeKeyOrchestration.Name, input, instance, status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        terminal.Document(result);
        var how = result.Mode == RevocationMode.Delete ? "deleted" : "disabled";
        terminal.Line(result.Rehearsal
            ? $"rehearsed on the canary '{result.KeyName}': {how}, its blob unreadable; '{input.KeyName}' was not touched"
            : $"revoked '{result.KeyName}': {how}, {Units.Count(result.Versions.Count, "version")}; 'byok key restore {result.KeyName}' gives it back");
        terminal.Line($"  last unwrap  {(result.LastUnwrapAfterSeconds is { } last ? $"{Seconds(last)} after the order" : "none after the order")}");
        terminal.Line($"  refused      {Seconds(result.RefusedAfterSeconds)} after the order, {Units.Count(result.Probes, "probe")}");
        terminal.Line($"  readers      lose what they have in memory within {stack.Options.KeyCacheTime.TotalSeconds:0} s");
        return ExitCodes.Done;
    }

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s");

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<RevokeKeyProgress>(OrchestrationJson.Options) is { } progress)
        {
            report(progress.Stage, 0, 0);
        }
    }
}
