using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Byok.Testing.CommandLine;

/// <summary>A command under way as a process of its own.</summary>
public sealed class RunningCommand : IDisposable
{
    private const int SigTerm = 15;

    private readonly StringBuilder _outputSoFar = new();
    private readonly StringBuilder _errorSoFar = new();
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    internal RunningCommand(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        start.StandardOutputEncoding = Encoding.UTF8;
        start.StandardErrorEncoding = Encoding.UTF8;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = ReadAsync(_process.StandardOutput, _outputSoFar);
        _error = ReadAsync(_process.StandardError, _errorSoFar);
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>What it has said on stdout until now.</summary>
    public string OutputSoFar => Read(_outputSoFar);

    /// <summary>What it has said on stderr until now.</summary>
    public string ErrorSoFar => Read(_errorSoFar);

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGTERM: the polite way to end a service.</summary>
    public void Terminate() => _ = SendSignal(_process.Id, SigTerm);

    /// <summary>Waits until it has said something on stdout or stderr.</summary>
    public async Task WaitForAsync(string text)
    {
        for (var patience = 1200; !OutputSoFar.Contains(text, StringComparison.Ordinal) && !ErrorSoFar.Contains(text, StringComparison.Ordinal); patience--)
        {
            Assert.True(patience > 0 && !HasEnded, $"It never said '{text}', but: {OutputSoFar} {ErrorSoFar}");
            await Task.Delay(100);
        }
    }

    /// <summary>Waits for its end.</summary>
    public async Task<CommandResult> WaitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var peak = 0L;
        try
        {
            while (!_process.HasExited)
            {
                peak = Math.Max(peak, ReadPeakMemory());
                await Task.WhenAny(_process.WaitForExitAsync(patience.Token), Task.Delay(50, patience.Token));
                patience.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            throw new TimeoutException($"The command did not end: {string.Join(' ', _process.StartInfo.ArgumentList)}\n{await _error}");
        }

        // Its own output ends with it; a child that inherited the pipe must not be able to hold us.
        await Task.WhenAny(Task.WhenAll(_output, _error), Task.Delay(TimeSpan.FromSeconds(30)));
        return new CommandResult(
            _process.ExitCode,
            _output.IsCompleted ? await _output : throw new InvalidOperationException("A child process holds the command's stdout open."),
            _error.IsCompleted ? await _error : throw new InvalidOperationException("A child process holds the command's stderr open."),
            peak);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static async Task<string> ReadAsync(StreamReader reader, StringBuilder soFar)
    {
        var buffer = new char[1024];
        while (await reader.ReadAsync(buffer) is > 0 and var count)
        {
            lock (soFar)
            {
                soFar.Append(buffer, 0, count);
            }
        }

        return Read(soFar);
    }

    private static string Read(StringBuilder soFar)
    {
        lock (soFar)
        {
            return soFar.ToString();
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);

    /// <summary>VmHWM: the high-water mark that the kernel keeps, so that no peak between two looks is missed but the very last.</summary>
    private long ReadPeakMemory()
    {
        try
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").FirstOrDefault(candidate => candidate.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
