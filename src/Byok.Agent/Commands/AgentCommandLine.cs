using System.CommandLine;
using Byok.Agent.Configuration;
using Byok.Agent.Service;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Export.Record;

namespace Byok.Agent.Commands;

/// <summary>The agent's command line: <c>run</c>, <c>check</c>, <c>log verify</c>.</summary>
internal static class AgentCommandLine
{
    private static readonly Option<string> Config = new("--config")
    {
        Description = "The settings file.",
        DefaultValueFactory = _ => "agent.json",
        Recursive = true,
        HelpName = "FILE",
    };

    private static readonly Option<string?> State = new("--state") { Description = "The agent's state folder; by default the one of the settings.", HelpName = "FOLDER" };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var run = new Command("run", "Run the agent: answer export requests through the relay until it is stopped.");
        run.SetAction((parsed, cancellationToken) => GuardAsync(error, () => AgentHost.RunAsync(Read(parsed), cancellationToken)));
        var check = new Command("check", "Check settings, token and PIN, and say what the agent would do.");
        check.SetAction((parsed, cancellationToken) => GuardAsync(error, () => CheckAsync(Read(parsed), output, cancellationToken)));
        var verify = new Command("verify", "Verify the record: no entry altered, dropped, reordered, inserted, or cut off at the end.") { State };
        verify.SetAction((parsed, _) => GuardAsync(error, () => Verify(parsed.GetValue(State) ?? Read(parsed).StateFolder, output)));
        var root = new RootCommand("The agent beside the HSM: a master key leaves only wrapped, and only by the customer's own rules.")
        {
            Config, run, check, new Command("log", "The agent's record.") { verify },
        };
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            Say(error, $"byok-agent: {parsed.Errors[0].Message} See 'byok-agent --help'.");
            return AgentExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    private static AgentSettings Read(ParseResult parsed) => AgentSettingsReader.Read(parsed.GetValue(Config)!);

    private static async Task CheckAsync(AgentSettings settings, TextWriter output, CancellationToken cancellationToken)
    {
        using var token = AgentToken.Open(settings, TimeProvider.System);
        var description = await token.Hsm.DescribeAsync(cancellationToken).ConfigureAwait(false);
        var keys = await token.Hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        var policy = settings.Policy;
        Say(output, $"token      {description.TokenLabel} ({description.Manufacturer} {description.Model}, firmware {description.FirmwareVersion})");
        Say(output, $"self-test  {description.Verdict}");
        Say(output, $"keys       {string.Join(", ", policy.Keys)} may leave, wrapped");
        foreach (var key in keys.Where(key => policy.Keys.Any(pattern => pattern.Matches(key.Label))))
        {
            Say(output, $"           {key.Label}  RSA-{key.PublicKey.SizeInBits}  {key.PublicKey.Thumbprint}");
        }

        Say(output, $"vaults     {string.Join(", ", policy.Vaults.Select(vault => vault.GetLeftPart(UriPartial.Authority)))}");
        Say(output, policy.RequiredApprovals == 0
            ? "approvals  none are asked for: whoever commands the cloud side can have these keys exported to these vaults"
            : $"approvals  {policy.RequiredApprovals} of {policy.Approvers.Count}: {string.Join(", ", policy.Approvers.Select(approver => approver.Name))}");
        Say(output, settings.FetchKekFromVault ? "KEK        is compared with the vault's own answer" : "KEK        is not compared with the vault's own answer");
        Say(output, $"relay      '{settings.Relay.Path}' at {settings.Relay.NamespaceAddress}");
        if (!description.CanExport)
        {
            throw new HsmMechanismMissingException($"The token '{description.TokenLabel}' did not pass its self-test: the agent will refuse every export.");
        }
    }

    private static Task Verify(string stateFolder, TextWriter output)
    {
        var result = AgentRecordVerification.Run(stateFolder);
        Say(output, $"The record is whole: {result.Entries} entries, {result.Exports} exports, {result.Refusals} refusals; last hash {result.LastHash}.");
        if (result.TornBytes > 0)
        {
            Say(output, $"Its last line is unfinished ({result.TornBytes} bytes), from a crash or an entry being written; the agent repairs that when it starts.");
        }

        return Task.CompletedTask;
    }

    private static void Say(TextWriter writer, string line) => writer.WriteLine(PrintableText.Escape(line));

    private static async Task<int> GuardAsync(TextWriter error, Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
            return AgentExitCodes.Done;
        }
        catch (ByokException exception)
        {
            foreach (var line in $"byok-agent: {exception.Message}".Split('\n'))
            {
                Say(error, line);
            }

            return AgentExitCodes.For(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Of files that the settings name and that are there: a file that is missing is told without its path.
            Say(error, $"byok-agent: {exception.Message}");
            return AgentExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            return AgentExitCodes.Done;
        }
    }
}
