using System.CommandLine;
using Azure.Storage.Blobs;
using Byok.Cli.Output;
using Byok.Cli.Stack;
using Byok.Local.Storage;
using Byok.Storage;

namespace Byok.Cli.Commands;

/// <summary><c>byok up</c>, <c>byok down</c>, <c>byok status</c>.</summary>
internal static class StackCommands
{
    public static Command Up() => new Command("up", "Start the local stack: two PKCS#11 tokens and the storage emulator.").Runs(UpAsync);

    public static Command Down() => new Command("down", "Stop the local stack. Keys, blobs and journal stay where they are.").Runs(DownAsync);

    public static Command Status() => new Command("status", "Show the local stack: endpoints, processes, tokens, files.").Runs(StatusAsync);

    private static async Task<int> UpAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        Directory.CreateDirectory(paths.Home);
        using var turn = TakeTurn(paths);
        var state = StackState.Load(paths);
        await using (await LocalTokens.OpenAsync(paths, TimeProvider.System, cancellationToken).ConfigureAwait(false))
        {
            // Opening makes what is not there yet.
        }

        if (state.Azurite is { Process.IsRunning: true })
        {
            terminal.Line("storage emulator  runs already");
        }
        else
        {
            state = state with
            {
                Azurite = await AzuriteServer.StartAsync(paths.Azurite, Path.Combine(paths.Logs, "azurite.log"), cancellationToken).ConfigureAwait(false),
            };
            state.Save(paths);
        }

        var storage = new StorageAccount(new BlobServiceClient(state.Azurite.ConnectionString, StorageAccount.CreateClientOptions()));
        await storage.EnsureContainersAsync(cancellationToken).ConfigureAwait(false);
        return await StatusAsync(parsed, terminal, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> DownAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        var wasUp = state.Azurite is { Process.IsRunning: true };
        if (wasUp)
        {
            using var turn = TakeTurn(paths);
            await state.Azurite!.Process.StopAsync(TimeSpan.FromSeconds(10), cancellationToken).ConfigureAwait(false);
            (state with { Azurite = null }).Save(paths);
        }

        terminal.Document(new { stopped = wasUp });
        terminal.Line(wasUp ? "the local stack is down; its keys and blobs stay in " + paths.Home : "the local stack was not up");
        return ExitCodes.Done;
    }

    private static Task<int> StatusAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        var paths = StackPaths.FromEnvironment();
        var state = StackState.Load(paths);
        var azurite = state.Azurite is { Process.IsRunning: true } running ? running : null;
        var tokens = LocalTokens.Describe(paths);
        terminal.Document(new
        {
            up = azurite is not null,
            home = paths.Home,
            defaultKey = state.DefaultKey,
            storage = azurite is null ? null : new { azurite.BlobEndpoint, azurite.QueueEndpoint, azurite.TableEndpoint, azurite.ConnectionString },
            vault = new { uri = LocalTokens.VaultUri },
            processes = azurite is null ? [] : new[] { new { name = "azurite", azurite.Process.ProcessId, azurite.Process.StartedOn, azurite.Process.LogFile } },
            tokens,
            journal = paths.Journal,
            logs = paths.Logs,
        });
        terminal.Line(azurite is null ? $"down             '{paths.Home}'; start it with 'byok up'" : $"up               {paths.Home}");
        if (azurite is not null)
        {
            terminal.Line($"storage emulator {azurite.BlobEndpoint} (process {azurite.Process.ProcessId}, log {azurite.Process.LogFile})");
        }

        foreach (var token in tokens)
        {
            terminal.Line($"{token.Role,-16} PKCS#11 token '{token.Label}' in {token.Folder}");
        }

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
