using Byok.Core.Errors;
using Byok.Local.Processes;

namespace Byok.Local.Stack;

/// <summary>What the processes of the stack have in common.</summary>
public static class StackProcess
{
    /// <summary>How long a process has to end by itself.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(45);

    /// <summary>A program that lies beside this one.</summary>
    public static string ProgramFile(string name) => Path.Combine(AppContext.BaseDirectory, name);

    /// <summary>Ends it, if it runs.</summary>
    public static Task StopAsync(BackgroundProcess? process, CancellationToken cancellationToken) =>
        process?.StopAsync(Grace, cancellationToken) ?? Task.CompletedTask;

    /// <summary>Waits until it is ready.</summary>
    /// <exception cref="ConfigurationException">It ended instead.</exception>
    /// <exception cref="ServiceUnavailableException">It takes too long.</exception>
    public static async Task WaitAsync(string what, BackgroundProcess process, TimeSpan patience, Func<CancellationToken, Task<bool>> isReady, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            while (!await isReady(limit.Token).ConfigureAwait(false))
            {
                if (!process.IsRunning)
                {
                    var words = (await File.ReadAllTextAsync(process.LogFile, cancellationToken).ConfigureAwait(false)).Trim().Split('\n')[^1];
                    throw new ConfigurationException($"The {what} did not start; its last words in '{process.LogFile}' are: {words}");
                }

                await Task.Delay(100, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServiceUnavailableException($"The {what} did not answer within {patience.TotalSeconds:0} seconds; see '{process.LogFile}'.");
        }
    }

    /// <summary>Starts a hidden command of this program that writes its address into a file when it is ready.</summary>
    public static async Task<(BackgroundProcess Process, string Address)> StartServerAsync(
        StackPaths paths, string what, string name, IEnumerable<string> command, TimeSpan patience, CancellationToken cancellationToken)
    {
        var addressFile = Path.Combine(paths.Home, $"{name}.address");
        File.Delete(addressFile);
        var process = BackgroundProcess.Start("dotnet", [ProgramFile("byok.dll"), .. command, addressFile], paths.LogOf(name), paths.LockOf(name));
        await WaitAsync(what, process, patience, _ => Task.FromResult(File.Exists(addressFile)), cancellationToken).ConfigureAwait(false);
        var address = await File.ReadAllTextAsync(addressFile, cancellationToken).ConfigureAwait(false);
        File.Delete(addressFile);
        return (process, address);
    }
}
