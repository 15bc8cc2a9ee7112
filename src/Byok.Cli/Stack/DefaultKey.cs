using Byok.Cli.Output;

namespace Byok.Cli.Stack;

/// <summary>The wrapping key for uploads that name none: the first that was brought.</summary>
internal static class DefaultKey
{
    /// <summary>Makes the first key that was brought the default.</summary>
    /// <returns>The default key.</returns>
    public static async Task<string> RememberAsync(StackPaths paths, string name, CancellationToken cancellationToken)
    {
        using var turn = await StackTurn.WaitAsync(paths, cancellationToken).ConfigureAwait(false);
        var state = StackState.Load(paths);
        if (state.DefaultKey is null)
        {
            state = state with { DefaultKey = name };
            state.Save(paths);
        }

        return state.DefaultKey;
    }

    /// <summary>Has a Functions app that runs know the default key: as in Azure, a changed setting starts the app again. What is under way goes on then.</summary>
    public static async Task TellAppAsync(StackPaths paths, Terminal terminal, CancellationToken cancellationToken)
    {
        using var turn = await StackTurn.WaitAsync(paths, cancellationToken).ConfigureAwait(false);
        var state = StackState.Load(paths);
        if (state is { Functions.IsRunning: true, Vault.IsRunning: true, FunctionsApp: { } app }
            && new FunctionsStarter(paths, app) is var starter && !starter.IsCurrent(state))
        {
            terminal.Note($"the Functions app starts again, to protect with '{state.DefaultKey}' what names no key");
            await starter.StartAsync(state, cancellationToken).ConfigureAwait(false);
        }
    }
}
