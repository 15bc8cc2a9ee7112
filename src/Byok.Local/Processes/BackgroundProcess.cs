using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Byok.Core.Errors;

namespace Byok.Local.Processes;

/// <summary>
/// A process of the local stack that outlives the command that started it. It is known by its id and its start time together,
/// so that a number that the system has given to somebody else meanwhile is never taken for it.
/// </summary>
/// <param name="StartedOn">When the process started, as the system says.</param>
/// <param name="LogFile">Where its output goes.</param>
public sealed record BackgroundProcess(int ProcessId, DateTimeOffset StartedOn, string LogFile)
{
    /// <summary>Whether it still runs.</summary>
    [JsonIgnore]
    public bool IsRunning
    {
        get
        {
            using var process = Find();
            return process is not null;
        }
    }

    /// <summary>Starts a program in a session of its own, its output appended to a log file.</summary>
    /// <param name="program">The program's name or path.</param>
    /// <param name="lockFile">A file that the process holds locked as long as it runs: there is at most one process to a lock file. Its id is in the <c>.pid</c> file beside it.</param>
    /// <param name="environment">Variables to set beside the inherited ones.</param>
    /// <param name="folder">Its current folder; null for this process's.</param>
    /// <exception cref="ConfigurationException">The program cannot be started.</exception>
    /// <exception cref="AlreadyRunningException">Another process holds the lock file.</exception>
    public static BackgroundProcess Start(
        string program, IEnumerable<string> arguments, string logFile, string lockFile, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        if (FindHolder(lockFile) is { } holder)
        {
            throw new AlreadyRunningException($"Process {holder} holds '{lockFile}' and does already what '{program}' was to be started for; end it first.");
        }

        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Script, "sh", logFile, lockFile, IdFileOf(lockFile), program },
            UseShellExecute = false,
            WorkingDirectory = folder ?? string.Empty,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        try
        {
            using var process = Process.Start(start)!;
            return new BackgroundProcess(process.Id, process.StartTime.ToUniversalTime(), logFile);
        }
        catch (Win32Exception exception)
        {
            throw new ConfigurationException($"'{program}' cannot be started: {exception.Message}.", exception);
        }
    }

    /// <summary>
    /// Ends it and what it started: SIGTERM, and SIGKILL for what has not ended within the grace time. A program behind a script or a shim is the child of
    /// what we started, so the whole group is told and waited for. Does nothing when the process has ended already.
    /// </summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (IsRunning)
        {
            await StopGroupAsync(grace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends what a process that was killed has left of its group: known by the lock that it inherited and still holds. Leaves a living process alone.</summary>
    public async Task StopRemainsAsync(string lockFile, TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!IsRunning && FindHolder(lockFile) == ProcessId)
        {
            await StopGroupAsync(grace, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task StopGroupAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        SignalGroup(SigTerm);
        var begun = TimeProvider.System.GetTimestamp();
        while (IsRunning || IsGroupAlive())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > grace)
            {
                SignalGroup(SigKill);
            }

            await Task.Delay(50, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The process that holds a lock file now; null when none does, 0 when it has not written its id yet.</summary>
    public static int? FindHolder(string lockFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(lockFile);
        try
        {
            using var free = new FileStream(lockFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            var text = File.Exists(IdFileOf(lockFile)) ? File.ReadAllText(IdFileOf(lockFile)).Trim() : string.Empty;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
        }
    }

    private static string IdFileOf(string lockFile) => Path.ChangeExtension(lockFile, "pid");

    /// <summary>
    /// The shell only redirects and locks; setsid keeps the terminal's Ctrl-C away from the child. Both are replaced by the program itself,
    /// which inherits the open lock file: the system releases it when the program ends, however that happens.
    /// </summary>
    private const string Script =
        "log=$1; lock=$2; id=$3; shift 3; exec 9>>\"$lock\" && flock -n 9 && echo $$ >\"$id\" || exit 75; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null";

    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>To the session that <see cref="Start"/> made; to the process alone while it has not come so far.</summary>
    private void SignalGroup(int signal)
    {
        if (Kill(-ProcessId, signal) != 0)
        {
            _ = Kill(ProcessId, signal);
        }
    }

    /// <summary>Whether a process of the group still runs, by proc(5): state and group are the third and fifth field, behind the name in brackets.</summary>
    private bool IsGroupAlive() => OperatingSystem.IsLinux() && Directory.EnumerateDirectories("/proc").Any(folder =>
    {
        try
        {
            return char.IsAsciiDigit(folder[^1])
                && File.ReadAllText(Path.Combine(folder, "stat")).Split(") ")[^1].Split(' ') is [var state, _, var group, ..]
                && group == ProcessId.ToString(CultureInfo.InvariantCulture)
                && !(state == "Z" && HasOnlyItsFirstThread(folder));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile
        }
    });

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);

    /// <summary>
    /// A process whose first thread has ended is shown as a zombie although others of its threads may still be at work, or be ending: as long as one is,
    /// the process holds its files and their locks.
    /// </summary>
    private static bool HasOnlyItsFirstThread(string folder) => Directory.GetDirectories(Path.Combine(folder, "task")).Length <= 1;

    /// <summary>Whether it has ended, but nobody has fetched its exit code: it keeps its number, and would seem to run for ever where no init reaps orphans.</summary>
    private bool IsZombie
    {
        get
        {
            try
            {
                return OperatingSystem.IsLinux()
                    && File.ReadAllText($"/proc/{ProcessId}/stat").Contains(") Z ", StringComparison.Ordinal)
                    && HasOnlyItsFirstThread($"/proc/{ProcessId}");
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    private Process? Find()
    {
        try
        {
            var process = Process.GetProcessById(ProcessId);
            // The system counts start times in clock ticks since boot, so two readings of one process may differ a little.
            if (!process.HasExited && !IsZombie && (process.StartTime.ToUniversalTime() - StartedOn.UtcDateTime).Duration() < TimeSpan.FromSeconds(2))
            {
                return process;
            }

            process.Dispose();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // No such process.
        }

        return null;
    }
}
