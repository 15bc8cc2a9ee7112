using System.Text.Json;
using System.Text.RegularExpressions;
using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed partial class BicepFileTests
{
    [Fact]
    public async Task Build_AllFiles_GivesATemplateEachAndNoDiagnostics()
    {
        var (result, templates) = await CompiledTemplates.All;

        Assert.Equal(("", 0), (result.Diagnostics, result.ExitCode));
        Assert.Equal(RepositoryFiles.BicepFiles.Select(file => Path.GetRelativePath(RepositoryFiles.InfraFolder, file)), templates.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lint_AllFiles_GivesNoDiagnostics()
    {
        var result = await BicepCompiler.RunAsync(RepositoryFiles.InfraFolder, "lint", "--pattern", "**/*.bicep", "--no-restore");

        Assert.Equal(("", "", 0), (result.Diagnostics, result.Output, result.ExitCode));
    }

    [Fact]
    public async Task BuildParams_Sample_GivesParametersAndNoDiagnostics()
    {
        var result = await BicepCompiler.RunAsync(RepositoryFiles.InfraFolder, "build-params", "main.bicepparam", "--stdout", "--no-restore");

        Assert.Equal(("", 0), (result.Diagnostics, result.ExitCode));
        Assert.Contains("namePrefix", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_FileWithAFault_FailsAndNamesTheRule()
    {
        using var copy = new InfraCopy();
        copy.Write("faulty.bicep", "param unused string\n");

        var result = await BicepCompiler.RunAsync(copy.Folder, "lint", "faulty.bicep");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Error no-unused-params", result.Diagnostics, StringComparison.Ordinal);
    }

    [Fact]
    public void LinterConfiguration_EveryRule_IsAnErrorButTheOneThatDependsOnTheDate()
    {
        using var config = JsonDocument.Parse(RepositoryFiles.Read("infra", "bicepconfig.json"));
        var rules = config.RootElement.GetProperty("analyzers").GetProperty("core").GetProperty("rules");

        var relaxed = rules.EnumerateObject().Where(rule => rule.Value.GetProperty("level").GetString() != "error").Select(rule => rule.Name);

        // It compares API versions with today: a build that was green would turn red by waiting.
        Assert.Equal(["use-recent-api-versions"], relaxed);
        Assert.True(rules.EnumerateObject().Count() > 40);
    }

    [Fact]
    public void Modules_Source_IsLocalFilesOnly()
    {
        foreach (var file in RepositoryFiles.BicepFiles)
        {
            var sources = ModuleSource().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);
            Assert.All(sources, source => Assert.StartsWith("modules/", source, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Modules_EveryFile_IsUsedByMain()
    {
        var used = ModuleSource().Matches(RepositoryFiles.Read("infra", "main.bicep")).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.Equal(RepositoryFiles.BicepFiles.Select(file => Path.GetRelativePath(RepositoryFiles.InfraFolder, file)).Where(file => file != "main.bicep").ToHashSet(), used);
    }

    [GeneratedRegex(@"^\s*(?:module\s+\w+|import\s.*\sfrom|using)\s+'([^']+)'", RegexOptions.Multiline)]
    private static partial Regex ModuleSource();
}
