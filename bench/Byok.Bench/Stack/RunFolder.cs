using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Byok.Local.Storage;

namespace Byok.Bench.Stack;

/// <summary>
/// All that a run has on the machine: one folder for temporary files, and the emulators that work in it. Both go when the run ends, also when it is broken
/// off by a signal: the runtime would end the process then, and the emulators, processes of their own, would go on.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("byok-bench-").FullName;
    private static readonly ConcurrentDictionary<AzuriteServer, string> Emulators = new();

    private readonly PosixSignalRegistration[] _signals =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, End))];

    /// <summary>A path for a file or folder that does not exist yet.</summary>
    public static string NewPath() => Path.Combine(Folder, Guid.NewGuid().ToString("N"));

    /// <summary>Starts an emulator with data of its own.</summary>
    public static async Task<AzuriteServer> StartEmulatorAsync()
    {
        var folder = NewPath();
        var server = await AzuriteServer.StartAsync(Path.Combine(folder, "data"), Path.Combine(folder, "azurite.log"), CancellationToken.None).ConfigureAwait(false);
        Emulators[server] = folder;
        return server;
    }

    /// <summary>Stops an emulator and deletes its data.</summary>
    public static async Task StopEmulatorAsync(AzuriteServer server)
    {
        await server.Process.StopAsync(TimeSpan.FromSeconds(10), CancellationToken.None).ConfigureAwait(false);
        if (Emulators.TryRemove(server, out var folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Stops and deletes what there still is.</summary>
    public void Dispose()
    {
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }

        Clear();
    }

    private static void Clear()
    {
        Task.WhenAll(Emulators.Keys.Select(StopEmulatorAsync)).GetAwaiter().GetResult();
        Directory.Delete(Folder, recursive: true);
    }

    private static void End(PosixSignalContext context)
    {
        context.Cancel = true; // This ends the process, not the runtime.
        Clear();
        Environment.Exit(128 + (context.Signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, _ => 15 }));
    }
}
