using System.Text.RegularExpressions;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Local.Processes;

namespace Byok.Local.Storage;

/// <summary>The storage emulator Azurite as a background process on free loopback ports.</summary>
/// <param name="BlobEndpoint">Blob service address, account name included.</param>
/// <param name="QueueEndpoint">Queue service address, account name included.</param>
/// <param name="TableEndpoint">Table service address, account name included.</param>
public sealed partial record AzuriteServer(BackgroundProcess Process, Uri BlobEndpoint, Uri QueueEndpoint, Uri TableEndpoint)
{
    private const string Account = "devstoreaccount1";

    /// <summary>The emulator's account key, the same everywhere and published by Microsoft ("Use the Azurite emulator"); not a secret.</summary>
    private const string WellKnownKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The connection string for all three services.</summary>
    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={WellKnownKey};" +
        $"BlobEndpoint={BlobEndpoint};QueueEndpoint={QueueEndpoint};TableEndpoint={TableEndpoint};";

    /// <summary>Starts the emulator and waits until it listens.</summary>
    /// <param name="dataFolder">Where it keeps its data; at most one emulator works on it.</param>
    /// <param name="logFile">Where its output goes; begun anew.</param>
    /// <param name="before">The emulator that it takes the place of: it listens where that one did, as far as the ports are free, and its clients find it. Null for free ports.</param>
    /// <exception cref="ConfigurationException">Azurite is not installed, or ended at once; the message says why.</exception>
    /// <exception cref="AlreadyRunningException">Another emulator works on this data.</exception>
    public static async Task<AzuriteServer> StartAsync(string dataFolder, string logFile, CancellationToken cancellationToken, AzuriteServer? before = null)
    {
        Directory.CreateDirectory(dataFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(logFile))!);
        await File.WriteAllTextAsync(logFile, string.Empty, cancellationToken).ConfigureAwait(false);
        string[] arguments =
        [
            FindScript(), "--location", dataFolder,
            "--blobHost", "127.0.0.1", "--blobPort", PortOf(before?.BlobEndpoint),
            "--queueHost", "127.0.0.1", "--queuePort", PortOf(before?.QueueEndpoint),
            "--tableHost", "127.0.0.1", "--tablePort", PortOf(before?.TableEndpoint),
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        var process = BackgroundProcess.Start("node", arguments, logFile, LockFileOf(dataFolder));
        try
        {
            while (true)
            {
                var log = await File.ReadAllTextAsync(logFile, cancellationToken).ConfigureAwait(false);
                var ports = ListeningLine().Matches(log).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
                if (ports.Count == 3)
                {
                    return new AzuriteServer(process, Endpoint(ports["Blob"]), Endpoint(ports["Queue"]), Endpoint(ports["Table"]));
                }

                if (!process.IsRunning)
                {
                    throw new ConfigurationException($"The storage emulator did not start; its last words are in '{logFile}': {log.Trim().Split('\n')[^1]}");
                }

                await Task.Delay(50, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await process.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The file, beside the data folder, that an emulator holds locked while it works on the data.</summary>
    public static string LockFileOf(string dataFolder) => Path.TrimEndingDirectorySeparator(dataFolder) + ".lock";

    private static Uri Endpoint(string port) => new($"http://127.0.0.1:{port}/{Account}");

    private static string PortOf(Uri? before) => before is null ? "0" : $"{LoopbackPort.Choose(before.Port)}";

    private static string FindScript()
    {
        const string script = "node_modules/azurite/dist/src/azurite.js";
        if (Environment.GetEnvironmentVariable("BYOK_AZURITE") is { Length: > 0 } configured)
        {
            return File.Exists(configured)
                ? configured
                : throw new ConfigurationException($"BYOK_AZURITE names no file; it should be the path of azurite.js, and {SettingText.Describe(configured)}.");
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tools", "azurite", script);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new ConfigurationException("The storage emulator is not installed; run 'npm ci' in tools/azurite, or set BYOK_AZURITE to the path of azurite.js.");
    }

    [GeneratedRegex(@"Azurite (Blob|Queue|Table) service is successfully listening at http://127\.0\.0\.1:(\d+)")]
    private static partial Regex ListeningLine();
}
