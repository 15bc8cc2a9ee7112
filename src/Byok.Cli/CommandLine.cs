using System.CommandLine;
using Byok.Cli.Commands;
using Byok.Cli.Output;
using Byok.Core.Errors;

namespace Byok.Cli;

/// <summary>The whole command line: parses, runs, and turns every ending into an exit code and one clear sentence.</summary>
internal static class CommandLine
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on stdout and nothing else.", Recursive = true };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Bring your own key for data at rest: keys from your HSM, blobs that only they open.")
        {
            Json,
            StackCommands.Up(),
            StackCommands.Down(),
            StackCommands.Status(),
            KeyCommands.Create(),
            BlobCommands.Create(),
            AuditCommand.Create(),
            LedgerCommands.Create(),
            TransferCommands.Create(),
            ApproveCommand.Create(),
            AgentCommands.Create(),
            PlanCommand.Create(),
            ServeCommand.Create(),
            DevRelayCommand.Create(),
            DevVaultCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            var terminal = new Terminal(args.Contains(Json.Name), output, error);
            Tell(terminal, nameof(ArgumentException), $"{parsed.Errors[0].Message} See 'byok{Path(parsed.CommandResult.Command)} --help'.");
            return ExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
    }

    /// <summary>Gives a command its action: failures become one sentence on stderr and the exit code of their type.</summary>
    public static Command Runs(this Command command, Func<ParseResult, Terminal, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var configuration = parsed.InvocationConfiguration;
            var terminal = new Terminal(parsed.GetValue(Json), configuration.Output, configuration.Error);
            try
            {
                return await action(parsed, terminal, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Tell(terminal, exception.GetType().Name, Describe(exception));
                return exception is ArgumentException ? ExitCodes.Usage : ExitCodes.For(exception);
            }
        });
        return command;
    }

    private static void Tell(Terminal terminal, string type, string sentence)
    {
        terminal.Error(sentence);
        terminal.Document(new { error = new { type, message = sentence } });
    }

    private static string Describe(Exception exception) => exception switch
    {
        ByokException => exception.Message,
        // Our own guards end their message with the parameter's name, which means nothing to the user.
        ArgumentException argument => argument.ParamName is null ? argument.Message : argument.Message.Replace($" (Parameter '{argument.ParamName}')", string.Empty, StringComparison.Ordinal),
        OperationCanceledException => "Interrupted. What was begun goes on when the same command is given again.",
        UnauthorizedAccessException or IOException => exception.Message,
        _ => $"This should not have happened, please report it: {exception.GetType().Name}: {exception.Message}",
    };

    private static string Path(Symbol command) =>
        command is RootCommand ? string.Empty : $"{Path(command.Parents.First())} {command.Name}";
}
