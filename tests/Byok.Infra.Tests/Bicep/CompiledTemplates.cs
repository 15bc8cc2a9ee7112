using System.Text.Json.Nodes;

namespace Byok.Infra.Tests.Bicep;

/// <summary>Every .bicep file of infra/, compiled in one run.</summary>
internal static class CompiledTemplates
{
    private static readonly Lazy<Task<(BicepResult Result, IReadOnlyDictionary<string, JsonNode> ByFile)>> Lazy = new(CompileAsync);

    public static Task<(BicepResult Result, IReadOnlyDictionary<string, JsonNode> ByFile)> All => Lazy.Value;

    private static async Task<(BicepResult Result, IReadOnlyDictionary<string, JsonNode> ByFile)> CompileAsync()
    {
        using var copy = new InfraCopy();
        var result = await BicepCompiler.RunAsync(copy.Folder, "build", "--pattern", "**/*.bicep", "--no-restore");
        var templates = Directory.EnumerateFiles(copy.Folder, "*.bicep", SearchOption.AllDirectories)
            .Where(file => File.Exists(Path.ChangeExtension(file, ".json")))
            .ToDictionary(file => Path.GetRelativePath(copy.Folder, file), file => JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(file, ".json")))!);
        return (result, templates);
    }
}
