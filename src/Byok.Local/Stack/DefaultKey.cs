using Byok.Core.Errors;

namespace Byok.Local.Stack;

/// <summary>The wrapping key for uploads that name none: the first that was brought.</summary>
public static class DefaultKey
{
    /// <summary>Makes the first key that was brought the default, and each an accepted one.</summary>
    /// <returns>The default key.</returns>
    public static async Task<string> RememberAsync(StackPaths paths, string name, CancellationToken cancellationToken)
    {
        using var held = await StackLock.WaitAsync(paths, cancellationToken).ConfigureAwait(false);
        var state = File.Exists(paths.StackFile)
            ? StackState.Load(paths)
            : throw new ConfigurationException($"'{paths.StackFile}' is gone; run 'byok up' again.");
        var known = state with { DefaultKey = state.DefaultKey ?? name, BroughtKeys = BroughtKey.With(state.BroughtKeys, name) };
        if (known != state)
        {
            state = known;
            await KeptSettings.WriteAsync(paths, state, cancellationToken).ConfigureAwait(false);
        }

        return state.DefaultKey!;
    }

    /// <summary>Finds it after the state was lost, or checks the one that was named.</summary>
    /// <param name="known">As it is known or named; null when it is not.</param>
    /// <param name="named">Whether it was named on the command line.</param>
    /// <param name="mustBeFound">Whether there was one if there are keys.</param>
    /// <param name="brought">The keys in the vault.</param>
    /// <exception cref="ConfigurationException">Which one it was is known nowhere any more, or there is no key of that name.</exception>
    public static string? Find(string? known, bool named, bool mustBeFound, IReadOnlyList<BroughtKey> brought)
    {
        var names = brought.Select(key => key.Name).Distinct().ToList();
        if (named && !names.Contains(known!))
        {
            throw new ConfigurationException($"The vault holds no key '{known}' that could be the default; it holds {(names.Count == 0 ? "none" : string.Join(", ", names))}.");
        }

        return (known, mustBeFound, names) switch
        {
            (null, true, [var only]) => only,
            (null, true, { Count: > 1 }) => throw new ConfigurationException(
                $"Which of the keys {string.Join(", ", names)} is the default is known nowhere any more; restore 'stack.json' from its backup, or choose with 'byok up --default-key NAME'."),
            _ => known,
        };
    }

    /// <summary>Has a Functions app that runs know default and accepted keys: as in Azure, a changed setting starts the app again. What is under way goes on then.</summary>
    public static async Task TellAppAsync(StackPaths paths, Action<string> tell, CancellationToken cancellationToken)
    {
        using var held = await StackLock.WaitAsync(paths, cancellationToken).ConfigureAwait(false);
        var state = StackState.Load(paths);
        if (state is { Functions.IsRunning: true, Vault.IsRunning: true, FunctionsApp: { } app }
            && new FunctionsStarter(paths, app) is var starter && !starter.IsCurrent(state))
        {
            tell($"the Functions app starts again, to accept all keys that were brought, and to protect with '{state.DefaultKey}' what names none");
            await starter.StartAsync(state, cancellationToken).ConfigureAwait(false);
        }
    }
}
