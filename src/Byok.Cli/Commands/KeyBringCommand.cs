using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Core.Text;
using Byok.Local.Stack;
using Byok.Pipeline.BringKey;

namespace Byok.Cli.Commands;

/// <summary><c>byok key bring</c>: a master key crosses from the HSM into the vault, wrapped.</summary>
internal static class KeyBringCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the wrapping key in the vault." };
        var label = new Option<string?>("--label") { Description = "Label of the master key in the HSM. Default: NAME." };
        var size = new Option<int>("--size") { Description = "Size in bits of a master key that has to be generated: 2048, 3072 or 4096.", DefaultValueFactory = _ => 3072 };
        size.AcceptOnlyFromAmong("2048", "3072", "4096");
        var existing = new Option<bool>("--existing") { Description = "Never generate: the master key must be in the HSM already." };
        return new Command("bring", "Bring a master key from the HSM into the vault, wrapped all the way.") { name, label, size, existing }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                new BringKeyInput
                {
                    KeyName = KeyName.Validate(parsed.GetRequiredValue(name)),
                    KeyLabel = parsed.GetValue(label) ?? parsed.GetRequiredValue(name),
                    GenerateSizeInBits = parsed.GetValue(existing) ? null : parsed.GetValue(size),
                },
                terminal,
                cancellationToken));
    }

    private static async Task<int> RunAsync(BringKeyInput input, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var instance = (await KeyOperations.ListAsync(stack, BringKeyOrchestration.Name, OperationVerb.Bring, input.KeyName, cancellationToken)
            .FirstOrDefaultAsync(status => !status.IsEnded, cancellationToken).ConfigureAwait(false))?.InstanceId;
        if (instance is null)
        {
            await RefuseExistingAsync(stack, input.KeyName, terminal, cancellationToken).ConfigureAwait(false);
            instance = OperationId.New(OperationVerb.Bring, input.KeyName).ToString();
        }

        stack.TellIfTheAgentIsDown(terminal.Note);
        var result = await ProgressLine.RunAsync(
            terminal,
            input.KeyName,
            report => stack.RunAsync<BringKeyResult>(
                BringKeyOrchestration.Name, input, instance, status => Report(status, report), cancellationToken)).ConfigureAwait(false);
        var defaultKey = await DefaultKey.RememberAsync(stack.Paths, input.KeyName, cancellationToken).ConfigureAwait(false);
        terminal.Document(result);
        terminal.Line($"brought '{input.KeyName}': master key '{result.KeyLabel}' (RSA-{result.SizeInBits}) is now {result.KeyId}");
        terminal.Line($"  thumbprint   {result.Thumbprint}  the same in HSM and vault");
        terminal.Line($"  crossed as   RSA-OAEP + AES-KWP under {result.KekId}, which is retired");
        if (result.AttestedBy is { } root)
        {
            terminal.Line($"  attested     by the vault's HSM, under the manufacturer's root {root}");
        }

        terminal.Line($"  branches     {string.Join(", ", result.Branches)}; proved by unwrapping under the new version");
        terminal.Line($"  request      {result.RequestId}, {Units.Count(result.Approvals, "approval")}");
        terminal.Line($"  expires      {result.ExpiresOn:yyyy-MM-dd}");
        if (defaultKey != input.KeyName)
        {
            terminal.Line($"  for          uploads that name it ('--key {input.KeyName}'); the others stay with '{defaultKey}'");
        }

        await DefaultKey.TellAppAsync(stack.Paths, terminal.Note, cancellationToken).ConfigureAwait(false);
        return ExitCodes.Done;
    }

    private static async Task RefuseExistingAsync(LocalStack stack, string name, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            (await stack.Vault.ReadLifeAsync(name, cancellationToken).ConfigureAwait(false)).Require(KeyOperation.Protect);
        }
        catch (KeyUnavailableException)
        {
            return;
        }

        // An earlier command may have been killed just before it.
        await DefaultKey.RememberAsync(stack.Paths, name, cancellationToken).ConfigureAwait(false);
        await DefaultKey.TellAppAsync(stack.Paths, terminal.Note, cancellationToken).ConfigureAwait(false);
        throw new NameTakenException($"The key '{name}' is in the vault and in use already; 'byok key list' shows it. Choose another name.");
    }

    private static void Report(OrchestrationStatus status, Action<string, long, long> report)
    {
        if (status.CustomStatus?.Deserialize<BringKeyProgress>(OrchestrationJson.Options) is { } progress)
        {
            report(
                progress is { ApprovalsRequired: > 0, Stage: BringKeyOrchestration.WaitingForApprovals }
                    ? $"{progress.Stage}, {progress.ApprovalsGiven} of {progress.ApprovalsRequired}; give them with 'byok approve {status.InstanceId} --key FILE'{(progress.Refusal is { } refusal ? $" ({refusal})" : "")}"
                    : progress.Stage,
                0,
                0);
        }
    }
}
