using Byok.Local.Processes;
using Byok.Local.Stack.Operations;

namespace Byok.Local.Stack;

/// <summary>Starts what the Functions host needs beside the rest: the vault behind the Key Vault protocol, and the app itself.</summary>
public sealed class FunctionsStarter(StackPaths paths, FunctionsApp app)
{
    private static readonly TimeSpan VaultPatience = TimeSpan.FromSeconds(60);

    /// <summary>Core Tools take long the first time.</summary>
    private static readonly TimeSpan AppPatience = TimeSpan.FromMinutes(3);

    public async Task<StackState> StartAsync(StackState state, CancellationToken cancellationToken)
    {
        if (state.Vault is not { IsRunning: true })
        {
            var (process, _) = await StackProcess.StartServerAsync(paths, "vault's endpoint", "vault", ["dev-vault"], VaultPatience, cancellationToken).ConfigureAwait(false);
            state = state with { Vault = process };
            state.Save(paths);
        }

        return await WaitAsync(IsCurrent(state) ? state : await StartAppAsync(state, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the app runs and knows all that it has to know.</summary>
    public bool IsCurrent(StackState state) => state.Functions is { IsRunning: true } && state.FunctionsSettings == Describe(state);

    private async Task<StackState> StartAppAsync(StackState state, CancellationToken cancellationToken)
    {
        await StackProcess.StopAsync(state.Functions, cancellationToken).ConfigureAwait(false);
        // The port it had before, if it can be: a command that watches an operation finds the app again.
        var port = LoopbackPort.Choose(state.FunctionsAddress?.Port ?? 0);
        var functions = BackgroundProcess.Start(
            app.Program, app.Arguments(port), paths.LogOf("functions"), paths.LockOf("functions"), FunctionsApp.Settings(paths, state), app.Folder);
        state = state with { Functions = functions, FunctionsApp = app, FunctionsAddress = new Uri($"http://127.0.0.1:{port}/"), FunctionsSettings = Describe(state) };
        state.Save(paths);
        return state;
    }

    /// <summary>Also for an app that ran before: the command that started it may have been interrupted before it was ready.</summary>
    private static async Task<StackState> WaitAsync(StackState state, CancellationToken cancellationToken)
    {
        await using var operations = new HttpOperations(state.FunctionsAddress!, FunctionsApp.FunctionKey);
        await StackProcess.WaitAsync("Functions app", state.Functions!, AppPatience, operations.IsReadyAsync, cancellationToken).ConfigureAwait(false);
        return state;
    }

    /// <summary>What the app is told at its start; nothing secret.</summary>
    private string Describe(StackState state) => string.Join(
        '\n', app.Folder, app.Program, state.Azurite!.BlobEndpoint, state.VaultUri, state.Vault!.ProcessId, $"{state.Vault.StartedOn:O}", state.RelayAddress, state.RequiredApprovals, state.DefaultKey, state.BroughtKeys);
}
