using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Byok.Bench.Reporting;

/// <summary>What the figures were measured on.</summary>
internal static class MachineFacts
{
    /// <summary>One line: processor, cores, memory, system, runtime, and how busy the machine was already.</summary>
    public static string Describe() => string.Join(", ",
    [
        $"{Processor()}, {Environment.ProcessorCount} cores",
        $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024):0} GiB",
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        OpenSsl(),
        $"load {Load()} before the run",
    ]);

    /// <summary>The commit that was measured, with a mark when files differ from it.</summary>
    public static string Commit()
    {
        var commit = Run("git", "rev-parse", "--short", "HEAD");
        return commit.Length == 0 ? "unknown" : commit + (Run("git", "status", "--porcelain", "--", "src", "bench").Length > 0 ? " with changes" : string.Empty);
    }

    /// <summary>What a program says; empty when it cannot be run.</summary>
    public static string Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd().Trim();
            errors.Wait();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : string.Empty;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return string.Empty;
        }
    }

    /// <summary>The OpenSSL that this process encrypts with, which need not be the command's. Its number is 0xMNN00PP0.</summary>
    private static string OpenSsl()
    {
        if (OperatingSystem.IsWindows())
        {
            return "no OpenSSL";
        }

        var version = SafeEvpPKeyHandle.OpenSslVersion;
        return $"OpenSSL {version >> 28}.{(version >> 20) & 0xFF}.{(version >> 4) & 0xFF}";
    }

    private static string Processor() => FromFile("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Load() =>
        File.Exists("/proc/loadavg") && double.TryParse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture, out var load)
            ? load.ToString("0.0", CultureInfo.InvariantCulture)
            : "unknown";

    private static string? FromFile(string path, string name) =>
        File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
}
