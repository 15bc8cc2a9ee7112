using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Local.Storage;

namespace Byok.Cli.Stack;

/// <summary>What the local stack remembers between commands. Holds no secret.</summary>
internal sealed record StackState
{
    /// <summary>The emulator as it was last started.</summary>
    public AzuriteServer? Azurite { get; init; }

    /// <summary>The wrapping key for uploads that name none: the first that was brought.</summary>
    public string? DefaultKey { get; init; }

    public static StackState Load(StackPaths paths)
    {
        if (!File.Exists(paths.StackFile))
        {
            return new StackState();
        }

        try
        {
            return JsonSerializer.Deserialize<StackState>(File.ReadAllBytes(paths.StackFile), OrchestrationJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new ConfigurationException($"'{paths.StackFile}' is damaged; run 'byok down', delete the file and run 'byok up' again.", exception);
        }
    }

    /// <summary>Writes the file whole or not at all.</summary>
    public void Save(StackPaths paths)
    {
        Directory.CreateDirectory(paths.Home);
        var draft = paths.StackFile + ".draft";
        File.WriteAllBytes(draft, JsonSerializer.SerializeToUtf8Bytes(this, OrchestrationJson.Options));
        File.Move(draft, paths.StackFile, overwrite: true);
    }
}
