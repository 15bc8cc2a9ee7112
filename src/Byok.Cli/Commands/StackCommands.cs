using System.CommandLine;
using Byok.Cli.Output;
using Byok.Local.Stack;

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
            CustomParser = result => WholeNumber.Parse(result, "--require-approvals", 0, 10),
        };
        var host = new Option<StackHost?>("--host")
        {
            Description = "What runs the pipeline: 'embedded', the engine inside each command, or 'functions', the Functions app under Core Tools. Default: as before, at first embedded.",
            HelpName = "embedded|functions",
        };
        var defaultKey = new Option<string?>("--default-key") { Description = "The wrapping key for uploads that name none. Default: as before, at first the first that is brought.", HelpName = "NAME" };
        var hsmToken = new Option<string?>("--hsm-token") { Description = "Which token plays the HSM, where several have its label. Default: as before.", HelpName = "SERIAL" };
        var vaultToken = new Option<string?>("--vault-token") { Description = "Which token plays the vault's HSM, where several have its label. Default: as before.", HelpName = "SERIAL" };
        var acceptLoss = new Option<bool>("--accept-token-loss") { Description = "Make a new token for one that is lost, and forget the vault's keys that went with it. Restore the backup instead if there is one." };
        return new Command("up", "Start the local stack: storage emulator, vault, relay, and the agent beside the HSM.") { approvals, host, defaultKey, hsmToken, vaultToken, acceptLoss }
            .Runs((parsed, terminal, cancellationToken) => UpAsync(
                new StackRequest(
                    parsed.GetValue(approvals),
                    parsed.GetValue(host),
                    parsed.GetValue(defaultKey),
                    parsed.GetValue(hsmToken),
                    parsed.GetValue(vaultToken),
                    parsed.GetValue(acceptLoss)),
                terminal,
                cancellationToken));
    }

    public static Command Down() => new Command("down", "Stop the local stack. Keys, blobs and journal stay where they are.").Runs(DownAsync);

    public static Command Status() => new Command("status", "Show the local stack: endpoints, processes, tokens, files.").Runs((_, terminal, _) => StatusAsync(terminal));

    private static async Task<int> UpAsync(StackRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        CreateHome(paths);
        using var held = StackLock.Take(paths);
        await new StackStarter(paths).StartAsync(request, cancellationToken).ConfigureAwait(false);
        return await StatusAsync(terminal).ConfigureAwait(false);
    }

    /// <summary>For its owner alone: the emulator's files hold uploads in the clear. A folder that is there already stays as open as it is.</summary>
    private static void CreateHome(StackPaths paths) => _ = OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(paths.Home)
        : Directory.CreateDirectory(paths.Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private static async Task<int> DownAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        var running = state.Processes().Where(process => process.Process is { IsRunning: true }).ToList();
        if (running.Count > 0)
        {
            using var held = StackLock.Take(paths);
            // The app first, then the agent: they finish what they are doing while vault and relay still answer.
            foreach (var (_, process) in running.AsEnumerable().Reverse())
            {
                await StackProcess.StopAsync(process, cancellationToken).ConfigureAwait(false);
            }

            var stopped = StackState.Load(paths) with { Azurite = null, Relay = null, RelayAddress = null, Agent = null };
            (stopped with { Vault = null, Functions = null, FunctionsAddress = null, FunctionsSettings = null }).Save(paths);
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
        var tokens = LocalTokens.Describe(paths, state);
        var isUp = state.IsUp();
        terminal.Document(new
        {
            up = isUp,
            home = paths.Home,
            host = state.Host,
            defaultKey = state.DefaultKey,
            requiredApprovals = state.RequiredApprovals,
            storage = azurite is null ? null : new { azurite.BlobEndpoint, azurite.QueueEndpoint, azurite.TableEndpoint, azurite.ConnectionString },
            vault = new
            {
                uri = state.VaultUri,
                certificateFile = state.Vault is null ? null : paths.VaultCertificate,
                tokenFile = state.Vault is null ? null : paths.VaultAccessToken,
            },
            functions = state.FunctionsAddress is null ? null : new { address = state.FunctionsAddress },
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
            var where = name switch { "azurite" => azurite?.BlobEndpoint, "relay" => state.RelayAddress, "vault" => state.VaultUri, "functions" => state.FunctionsAddress, _ => null };
            terminal.Line($"{name,-16} {(process!.IsRunning ? "runs" : "ended")}, process {process.ProcessId}{(where is null ? string.Empty : $", {where}")}, log {process.LogFile}");
        }

        foreach (var token in tokens)
        {
            terminal.Line($"{token.Role,-16} PKCS#11 token '{token.Label}'{(token.SerialNumber is null ? string.Empty : $", serial number {token.SerialNumber},")} in {token.Folder}");
        }

        terminal.Line($"host             {(state.Host == StackHost.Functions ? "the Functions app" : "the embedded engine, in each command")}");
        terminal.Line($"approvals        {(state.RequiredApprovals == 0 ? "none asked for" : $"{state.RequiredApprovals} of {state.RequiredApprovals + 1}; key pairs in {paths.Approvers}")}");
        terminal.Line($"default key      {state.DefaultKey ?? "none yet; bring one with 'byok key bring NAME'"}");
        return Task.FromResult(ExitCodes.Done);
    }
}
