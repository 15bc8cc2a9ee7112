using System.CommandLine;
using Byok.Cli.Output;
using Byok.Cli.Stack;

namespace Byok.Cli.Commands;

/// <summary><c>byok up</c>, <c>byok down</c>, <c>byok status</c>.</summary>
internal static class StackCommands
{
    public static Command Up()
    {
        var approvals = new Option<int?>("--require-approvals")
        {
            Description = "How many approvers must sign before a key leaves the HSM. Makes their key pairs. Default: as before, at first 0.",
            HelpName = "N",
        };
        approvals.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > 10)
            {
                result.AddError("--require-approvals takes 0 to 10.");
            }
        });
        return new Command("up", "Start the local stack: storage emulator, vault, relay, and the agent beside the HSM.") { approvals }
            .Runs((parsed, terminal, cancellationToken) => UpAsync(parsed.GetValue(approvals), terminal, cancellationToken));
    }

    public static Command Down() => new Command("down", "Stop the local stack. Keys, blobs and journal stay where they are.").Runs(DownAsync);

    public static Command Status() => new Command("status", "Show the local stack: endpoints, processes, tokens, files.").Runs((_, terminal, _) => StatusAsync(terminal));

    private static async Task<int> UpAsync(int? requiredApprovals, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        Directory.CreateDirectory(paths.Home);
        using var turn = TakeTurn(paths);
        await new StackStarter(paths).StartAsync(requiredApprovals, cancellationToken).ConfigureAwait(false);
        return await StatusAsync(terminal).ConfigureAwait(false);
    }

    private static async Task<int> DownAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        var running = state.Processes().Where(process => process.Process is { IsRunning: true }).ToList();
        if (running.Count > 0)
        {
            using var turn = TakeTurn(paths);
            // The agent first: it finishes what it is doing while the relay still carries its answer.
            foreach (var (_, process) in running.AsEnumerable().Reverse())
            {
                await process!.StopAsync(TimeSpan.FromSeconds(45), cancellationToken).ConfigureAwait(false);
            }

            (StackState.Load(paths) with { Azurite = null, Relay = null, RelayAddress = null, Agent = null }).Save(paths);
        }

        terminal.Document(new { stopped = running.Select(process => process.Name) });
        terminal.Line(running.Count > 0 ? "the local stack is down; its keys and blobs stay in " + paths.Home : "the local stack was not up");
        return ExitCodes.Done;
    }

    private static Task<int> StatusAsync(Terminal terminal)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        var azurite = state.Azurite is { Process.IsRunning: true } running ? running : null;
        var tokens = LocalTokens.Describe(paths);
        var isUp = state.IsUp();
        terminal.Document(new
        {
            up = isUp,
            home = paths.Home,
            defaultKey = state.DefaultKey,
            requiredApprovals = state.RequiredApprovals,
            storage = azurite is null ? null : new { azurite.BlobEndpoint, azurite.QueueEndpoint, azurite.TableEndpoint, azurite.ConnectionString },
            vault = new { uri = LocalTokens.VaultUri },
            relay = state.RelayAddress is null ? null : new { address = state.RelayAddress, hybridConnection = RelayKeys.HybridConnection },
            processes = state.Processes().Where(process => process.Process is not null).Select(process => new
            {
                name = process.Name,
                process.Process!.ProcessId,
                running = process.Process.IsRunning,
                process.Process.StartedOn,
                process.Process.LogFile,
            }),
            tokens,
            agent = new { configuration = paths.AgentFile, state = paths.AgentState },
            journal = paths.Journal,
            logs = paths.Logs,
        });
        terminal.Line(isUp ? $"up               {paths.Home}" : $"not up           '{paths.Home}'; 'byok up' starts what is missing");
        foreach (var (name, process) in state.Processes().Where(process => process.Process is not null))
        {
            var where = name switch { "azurite" => azurite?.BlobEndpoint, "relay" => state.RelayAddress, _ => null };
            terminal.Line($"{name,-16} {(process!.IsRunning ? "runs" : "ended")}, process {process.ProcessId}{(where is null ? string.Empty : $", {where}")}, log {process.LogFile}");
        }

        foreach (var token in tokens)
        {
            terminal.Line($"{token.Role,-16} PKCS#11 token '{token.Label}' in {token.Folder}");
        }

        terminal.Line($"approvals        {(state.RequiredApprovals == 0 ? "none asked for" : $"{state.RequiredApprovals} of {state.RequiredApprovals + 1}; key pairs in {paths.Approvers}")}");
        terminal.Line($"default key      {state.DefaultKey ?? "none yet; bring one with 'byok key bring NAME'"}");
        return Task.FromResult(ExitCodes.Done);
    }

    private static FileStream TakeTurn(StackPaths paths)
    {
        try
        {
            return new FileStream(paths.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new IOException("Another 'byok up' or 'byok down' is at work in this folder; wait for it.", exception);
        }
    }
}
