using System.CommandLine;
using Byok.Cli.Commands;
using Byok.Cli.Output;
using Byok.Core.Errors;

namespace Byok.Cli;

/// <summary>The whole command line: parses, runs, and turns every ending into an exit code and one clear sentence.</summary>
internal static class CommandLine
{
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on stdout and nothing else.", Recursive = true };

    /// <summary>An argument that begins with @ is what it is, a name perhaps, and no file whose content becomes arguments, and then names in storage and ledger.</summary>
    private static ParserConfiguration Configuration { get; } = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Bring your own key for data at rest: keys from your HSM, blobs that only they open.")
        {
            Json,
            StackCommands.Up(),
            StackCommands.Down(),
            StackCommands.Status(),
            KeyCommands.Create(),
            BranchCommands.Create(),
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
        var parsed = root.Parse(args, Configuration);
        if (FindFault(args, parsed) is { } fault)
        {
            var terminal = new Terminal(args.Contains(Json.Name), output, error);
            Tell(terminal, nameof(ArgumentException), $"{fault} See 'byok{Path(parsed.CommandResult.Command)} --help'.");
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The help itself could not be written; a command's failures do not come here.
            new Terminal(json: false, output, error).Error(Describe(exception));
            return ExitCodes.Failed;
        }
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

    private static string? FindFault(string[] args, ParseResult parsed)
    {
        // The parser would take the next argument for the value: "--name= --json", from a script whose variable is empty.
        if (args.TakeWhile(arg => arg != "--").FirstOrDefault(arg => arg.StartsWith('-') && arg.IndexOf('=', StringComparison.Ordinal) == arg.Length - 1) is { } empty)
        {
            return $"The option '{empty}' has no value.";
        }

        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        var command = parsed.CommandResult.Command;
        return command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var unknown, ..]
            ? $"'byok{Path(command)}' has no command '{unknown}'."
            : parsed.Errors[0].Message;
    }

    private static void Tell(Terminal terminal, string type, string sentence)
    {
        terminal.Error(sentence);
        try
        {
            terminal.Document(new { error = new { type, message = sentence } });
        }
        catch (IOException)
        {
            // stderr has it.
        }
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
