using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Byok.Infra.Tests.Bicep;

/// <summary>Runs the Bicep compiler of the NuGet package, cut off from the network.</summary>
internal static class BicepCompiler
{
    private static readonly string ExecutablePath = FindExecutable();

    public static async Task<BicepResult> RunAsync(string workingFolder, params string[] arguments)
    {
        var start = new ProcessStartInfo(ExecutablePath, arguments)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A download would fail at once instead of passing unseen; no ICU is needed for ASCII templates.
        start.Environment["HTTPS_PROXY"] = "http://127.0.0.1:9";
        start.Environment["HTTP_PROXY"] = "http://127.0.0.1:9";
        start.Environment["NO_PROXY"] = "";
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new BicepResult(process.ExitCode, await output, await errors);
    }

    private static string FindExecutable()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException(
                $"These tests run the Bicep compiler for linux-x64, and this machine is {RuntimeInformation.RuntimeIdentifier}: run them on linux-x64.");
        }

        var path = typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "BicepPath").Value!;
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"The Bicep compiler is not at {path}: restore the package Azure.Bicep.CommandLine.linux-x64.", path);
    }
}
