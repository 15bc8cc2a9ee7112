using System.CommandLine;
using Byok.Cli.Output;
using Byok.Core.Text;
using Byok.Export.Record;
using Byok.Local.Stack;

namespace Byok.Cli.Commands;

/// <summary><c>byok agent ...</c>.</summary>
internal static class AgentCommands
{
    public static Command Create() => new("agent", "Look at the agent beside the HSM.")
    {
        new Command("log", "The agent's own record of requests, refusals and exports.") { Verify() },
    };

    private static Command Verify()
    {
        var state = new Option<string?>("--state") { Description = "The agent's state folder. Default: the local stack's.", HelpName = "FOLDER" };
        return new Command("verify", "Verify the record: no entry altered, dropped, reordered or inserted.") { state }
            .Runs((parsed, terminal, _) => VerifyAsync(parsed.GetValue(state) ?? StackPaths.FromEnvironment().AgentState, terminal));
    }

    private static Task<int> VerifyAsync(string stateFolder, Terminal terminal)
    {
        var record = AgentRecordVerification.Run(stateFolder);
        terminal.Document(record);
        terminal.Line($"The record is whole: {record.Entries} entries, {Units.Count(record.Exports, "export")}, {Units.Count(record.Refusals, "refusal")}; last hash {record.LastHash}.");
        return Task.FromResult(ExitCodes.Done);
    }
}
