using Byok.Core.Errors;
using Byok.Core.Text;

namespace Byok.Local.Stack;

/// <summary>The built Functions app, the command that runs a Functions host on it, and the settings by which it joins the local stack.</summary>
/// <param name="Folder">The app's build output.</param>
/// <param name="Program">The command.</param>
public sealed record FunctionsApp(string Folder, string Program)
{
    /// <summary>Names a command that runs a Functions host, in place of <c>func</c>.</summary>
    public const string CommandVariable = "BYOK_FUNC";

    /// <summary>Holds the function key, for hosts that ask for one.</summary>
    public const string KeyVariable = "BYOK_FUNCTION_KEY";

    private const string CoreTools = "func";
    private const string KeyVaultPackage = "Azure.Security.KeyVault.Keys";

    private static readonly string[] OutputFolders = ["src/ByokFunctions/bin/Release/net10.0", "src/ByokFunctions/bin/Debug/net10.0"];

    /// <summary>The function key; null when none is set.</summary>
    public static string? FunctionKey => Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } key ? key : null;

    /// <summary>Finds app and command.</summary>
    /// <exception cref="ConfigurationException">One is missing; the message says what to do.</exception>
    public static FunctionsApp Find()
    {
        var configured = Environment.GetEnvironmentVariable(CommandVariable) is { Length: > 0 } name ? name : null;
        var program = FindProgram(configured ?? CoreTools) ?? throw new ConfigurationException(configured is null
            ? $"'{CoreTools}' is not on the PATH; install Azure Functions Core Tools 4, or set {CommandVariable} to a command that runs a Functions host on a folder."
            : $"{CommandVariable} names no executable file; {SettingText.Describe(configured)}.");
        for (var root = new DirectoryInfo(AppContext.BaseDirectory); root is not null; root = root.Parent)
        {
            var folder = OutputFolders.Select(output => Path.Combine(root.FullName, output)).FirstOrDefault(output => File.Exists(Path.Combine(output, "functions.metadata")));
            if (folder is not null)
            {
                return HasKeyVaultClient(folder)
                    ? new FunctionsApp(folder, program)
                    : throw new ConfigurationException($"The Functions app in '{folder}' was built without the Key Vault client and does not start; build it from a package feed that has {KeyVaultPackage}.");
            }
        }

        throw new ConfigurationException("The Functions app is not built; build it with 'dotnet build src/ByokFunctions -c Release'.");
    }

    /// <summary>Core Tools start what is in the current folder; any other command is given the folder. Both are told the port.</summary>
    public IReadOnlyList<string> Arguments(int port) =>
        Path.GetFileNameWithoutExtension(Program) == CoreTools ? ["start", "--no-build", "--port", $"{port}"] : [Folder, "--port", $"{port}"];

    /// <summary>The app's settings, as docs/OPERATIONS.md tells them. Some are secrets of this machine: they go into the process's environment and nowhere else.</summary>
    public static Dictionary<string, string> Settings(StackPaths paths, StackState state)
    {
        var storage = state.Azurite!.ConnectionString;
        return new Dictionary<string, string>
        {
            ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
            // The host's own clients would send what is for this machine through HTTP_PROXY.
            ["NO_PROXY"] = LoopbackWithoutProxy(),
            ["no_proxy"] = LoopbackWithoutProxy(),
            ["AzureWebJobsStorage"] = storage,
            ["ByokUploads"] = storage,
            ["ByokAuditSchedule"] = "0 0 3 * * *",
            ["ByokRotationSchedule"] = "0 0 4 * * *",
            ["Byok__StorageConnectionString"] = storage,
            ["Byok__VaultUri"] = state.VaultUri.ToString(),
            ["Byok__VaultToken"] = File.ReadAllText(paths.VaultAccessToken).Trim(),
            ["SSL_CERT_FILE"] = paths.VaultCertificate,
            ["Byok__Relay__Namespace"] = state.RelayAddress!.ToString(),
            ["Byok__Relay__Path"] = RelayKeys.HybridConnection,
            ["Byok__Relay__SasKeyName"] = RelayKeys.SendName,
            ["Byok__Relay__SasKey"] = RelayKeys.Read(paths, RelayKeys.SendName),
            ["Byok__KeyCacheSeconds"] = $"{LocalStack.KeyCacheTime.TotalSeconds:0}",
            ["Byok__RequiredApprovals"] = $"{state.RequiredApprovals}",
            ["Byok__DefaultKey"] = state.DefaultKey ?? string.Empty,
            ["Byok__AcceptedKeys"] = state.BroughtKeys ?? string.Empty,
        };
    }

    private static string LoopbackWithoutProxy() => string.Join(
        ',', new[] { Environment.GetEnvironmentVariable("no_proxy") ?? Environment.GetEnvironmentVariable("NO_PROXY"), "127.0.0.1", "localhost" }.Where(host => !string.IsNullOrEmpty(host)));

    private static bool HasKeyVaultClient(string folder) =>
        File.ReadAllText(Path.Combine(folder, "ByokFunctions.deps.json")).Contains($"\"{KeyVaultPackage}/", StringComparison.Ordinal);

    private static string? FindProgram(string name)
    {
        var candidates = name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? [Path.GetFullPath(name)]
            : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, name));
        return candidates.FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None);
}
