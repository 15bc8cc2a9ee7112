using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Byok.Core.Errors;

namespace Byok.Local.Processes;

/// <summary>
/// A process of the local stack that outlives the command that started it. It is known by its id and its start time together,
/// so that a number that the system has given to somebody else meanwhile is never taken for it.
/// </summary>
/// <param name="ProcessId">The process id.</param>
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
    /// <param name="arguments">Its arguments.</param>
    /// <param name="logFile">The log file.</param>
    /// <param name="environment">Variables to set beside the inherited ones.</param>
    /// <exception cref="ConfigurationException">The program cannot be started.</exception>
    public static BackgroundProcess Start(
        string program, IEnumerable<string> arguments, string logFile, IReadOnlyDictionary<string, string>? environment = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        // The shell only redirects; setsid keeps the terminal's Ctrl-C away from the child. Both are replaced by the program itself.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "log=$1; shift; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", logFile, program },
            UseShellExecute = false,
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

    /// <summary>Ends it: SIGTERM, and SIGKILL when it does not end within the grace time. Does nothing when it has ended already.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        using var process = Find();
        if (process is null)
        {
            return;
        }

        _ = Kill(ProcessId, SigTerm);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(grace);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private const int SigTerm = 15;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);

    /// <summary>Whether it has ended, but nobody has fetched its exit code: it keeps its number, and would seem to run for ever where no init reaps orphans.</summary>
    private bool IsZombie
    {
        get
        {
            try
            {
                return OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{ProcessId}/stat").Contains(") Z ", StringComparison.Ordinal);
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
