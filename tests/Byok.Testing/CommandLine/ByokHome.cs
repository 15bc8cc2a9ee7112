using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Byok.Testing.CommandLine;

/// <summary>A state folder of its own, and the built command line run against it as child processes. What it leaves running is stopped at the end.</summary>
/// <param name="program">The built command line; null for the one beside the tests.</param>
public sealed class ByokHome(string? program = null) : IAsyncDisposable
{
    private const int SigKill = 9;
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-cli-").FullName;

    /// <summary>The state folder, <c>$BYOK_HOME</c>. Not made yet.</summary>
    public string Home => Path.Combine(_folder, "home");

    /// <summary>A folder for the test's own files; also the commands' current folder.</summary>
    public string Scratch => Directory.CreateDirectory(Path.Combine(_folder, "scratch")).FullName;

    public string ScratchFile(string name) => Path.Combine(Scratch, name);

    /// <summary>Writes a file of so many bytes that no compression or accident makes equal to another.</summary>
    public string CreateFile(string name, long length, int seed = 1)
    {
        var path = ScratchFile(name);
        using var file = File.Create(path);
        foreach (var piece in TestBytes.Pieces(length, seed))
        {
            file.Write(piece.Span);
        }

        return path;
    }

    /// <summary>What stands beside a file under a longer name that begins as its own does: drafts, leftovers.</summary>
    public static IReadOnlyList<string> Beside(string path) =>
        [.. Directory.GetFiles(Path.GetDirectoryName(path)!).Where(other => other != path && other.StartsWith(path, StringComparison.Ordinal))];

    /// <summary>Runs a command to its end.</summary>
    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using var running = Start(arguments);
        return await running.WaitAsync();
    }

    /// <summary>Runs a command that has to succeed.</summary>
    public async Task<CommandResult> SucceedAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        return result.ExitCode == 0 ? result : throw new InvalidOperationException($"byok {string.Join(' ', arguments)}: {result}");
    }

    /// <summary>Starts a command.</summary>
    public RunningCommand Start(params string[] arguments) => Start([], arguments);

    /// <summary>Starts a command through another program, which gets it as its last arguments.</summary>
    public RunningCommand Start(string[] prefix, string[] arguments)
    {
        string[] line = [.. prefix, "dotnet", program ?? Path.Combine(AppContext.BaseDirectory, "byok.dll"), .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..]) { WorkingDirectory = Scratch };
        start.Environment["BYOK_HOME"] = Home;
        return new RunningCommand(start);
    }

    /// <summary>The process ids that status tells.</summary>
    public async Task<IReadOnlyList<(string Name, int Id)>> ProcessesAsync() =>
        [.. (await SucceedAsync("status", "--json")).Json.GetProperty("processes").EnumerateArray()
            .Select(process => (process.GetProperty("name").GetString()!, process.GetProperty("processId").GetInt32()))];

    /// <summary>SIGKILL to one process that status told.</summary>
    public static void Kill(int processId) => _ = SendSignal(processId, SigKill);

    public static bool IsAlive(int processId) =>
        File.Exists($"/proc/{processId}/stat") && !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RunAsync("down");
        }
        finally
        {
            Delete();
        }
    }

    /// <summary>Copies a folder as it is, with modes and times.</summary>
    public static void CopyFolder(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        Assert.Equal(0, copy.ExitCode);
    }

    internal void Delete() => Directory.Delete(_folder, recursive: true);

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
