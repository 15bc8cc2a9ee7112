using System.CommandLine;
using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Text;
using Byok.Export.Approvals;
using Byok.Local.Stack;
using Byok.Pipeline.BringKey;

namespace Byok.Cli.Commands;

/// <summary><c>byok approve</c>: shows in words what is asked, and signs it with the approver's own key.</summary>
internal static class ApproveCommand
{
    public static Command Create()
    {
        var operation = new Argument<string>("OPERATION") { Description = "The operation that waits for approvals, as 'byok key bring' names it." };
        var key = new Option<string>("--key") { Description = "The approver's private key, PEM (EC P-256 or RSA).", Required = true, HelpName = "FILE" };
        var yes = new Option<bool>("--yes") { Description = "Sign without asking." };
        return new Command("approve", "Approve the export of a master key: read what is asked, and sign it.") { operation, key, yes }
            .Runs((parsed, terminal, cancellationToken) => RunAsync(
                parsed.GetRequiredValue(operation), parsed.GetRequiredValue(key), parsed.GetValue(yes), terminal, cancellationToken));
    }

    private static async Task<int> RunAsync(string operation, string keyFile, bool yes, Terminal terminal, CancellationToken cancellationToken)
    {
        using var signer = ApprovalSigner.FromPem(await ReadKeyAsync(keyFile, cancellationToken).ConfigureAwait(false));
        await using var stack = await LocalStack.OpenAsync(cancellationToken).ConfigureAwait(false);
        var status = await stack.Operations.FindAsync(operation, cancellationToken).ConfigureAwait(false)
            ?? throw new OperationNotFoundException($"There is no operation '{operation}'.");
        var progress = status.CustomStatus?.Deserialize<BringKeyProgress>(OrchestrationJson.Options);
        if (status.IsEnded || progress is not { Request: { } request } || progress.ApprovalsGiven >= progress.ApprovalsRequired)
        {
            throw new ConflictException($"The operation '{operation}' does not wait for an approval now.");
        }

        foreach (var line in ApprovalSigner.Describe(request).Split('\n'))
        {
            terminal.Note(line);
        }

        if (!yes && !IsConfirmed(terminal))
        {
            throw new ConfirmationDeclinedException("Not approved: the answer was not 'yes'.");
        }

        await stack.Operations.ApproveAsync(operation, signer.Sign(request), cancellationToken).ConfigureAwait(false);
        terminal.Document(new { operation, approver = signer.PublicKey.Thumbprint, kekThumbprint = request.Kek.Thumbprint });
        terminal.Line($"approved as {signer.PublicKey.Thumbprint}; the agent beside the HSM decides whether that counts");
        return ExitCodes.Done;
    }

    private static async Task<string> ReadKeyAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without the cause, whose message shows the path: it may be the key itself.
            throw new ConfigurationException($"--key names no file that can be read; {SettingText.Describe(file)}.");
        }
    }

    private static bool IsConfirmed(Terminal terminal)
    {
        terminal.Note("Type yes to sign:");
        return Console.ReadLine()?.Trim() == "yes";
    }
}
