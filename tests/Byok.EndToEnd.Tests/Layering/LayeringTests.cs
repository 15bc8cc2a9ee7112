namespace Byok.EndToEnd.Tests.Layering;

public sealed class LayeringTests
{
    /// <summary>Types that reach outside the process. The domain has none of them: it is given streams and ports.</summary>
    private static readonly string[] InputOutput =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.RandomAccess",
        "System.Console", "System.Environment", "System.Diagnostics.Process", "System.Threading.Thread",
    ];

    [Fact]
    public void Projects_AsTheyAre_KeepTheRules() => Assert.Empty(LayeringRules.FindViolations(ProjectFile.LoadAll()));

    [Theory]
    [InlineData("Byok.Core", "Byok.Storage", null, "Byok.Core must not know Byok.Storage.")]
    [InlineData("Byok.Core", null, "Azure.Core", "Byok.Core must use the base class library only.")]
    [InlineData("Byok.Storage", "Byok.Pipeline", null, "Byok.Storage must not know Byok.Pipeline.")]
    [InlineData("Byok.Pipeline", "Byok.Pkcs11", null, "Byok.Pipeline must not know Byok.Pkcs11.")]
    [InlineData("Byok.Pipeline", "Byok.Local", null, "Byok.Pipeline must not know Byok.Local.")]
    [InlineData("Byok.Pipeline", "Byok.Api", null, "Byok.Pipeline must not know Byok.Api.")]
    [InlineData("Byok.Pkcs11", "Byok.Relay", null, "Byok.Pkcs11 must not know Byok.Relay.")]
    [InlineData("Byok.Relay", "Byok.Export", null, "Byok.Relay must not know Byok.Export.")]
    [InlineData("Byok.Export", "Byok.Pkcs11", null, "Byok.Export must not know Byok.Pkcs11.")]
    [InlineData("Byok.Durable", "Byok.Pipeline", null, "Byok.Durable must not know Byok.Pipeline.")]
    [InlineData("Byok.Agent", "Byok.Pipeline", null, "Byok.Agent must not know Byok.Pipeline.")]
    [InlineData("ByokFunctions", "Byok.Local", null, "ByokFunctions must not know Byok.Local.")]
    [InlineData("Byok.Cli", "Byok.KeyVault", null, "Byok.Cli must not know Byok.KeyVault.")]
    [InlineData("Byok.Client", "Byok.Pipeline", null, "Byok.Client must not know Byok.Pipeline.")]
    [InlineData("Byok.Local", "Byok.Cli", null, "Byok.Local must not know Byok.Cli.")]
    [InlineData("Byok.Pipeline", null, "Azure.Security.KeyVault.Keys", "Byok.Pipeline must not use the package Azure.Security.KeyVault.Keys.")]
    [InlineData("Byok.Cli", null, "Microsoft.Azure.Functions.Worker", "Byok.Cli must not use the package Microsoft.Azure.Functions.Worker.")]
    [InlineData("Byok.New", null, null, "Byok.New has no rule.")]
    public void Projects_WithOneReferenceTooMany_BreakThem(string name, string? project, string? package, string violation)
    {
        var projects = ProjectFile.LoadAll().ToDictionary(candidate => candidate.Name);
        var before = projects.GetValueOrDefault(name, new ProjectFile(name, [], [], []));
        projects[name] = before with
        {
            Projects = [.. before.Projects, .. new[] { project }.OfType<string>()],
            Packages = [.. before.Packages, .. new[] { package }.OfType<string>()],
        };

        Assert.Equal([violation], LayeringRules.FindViolations(projects.Values));
    }

    [Theory]
    [InlineData("Byok.Core", "Byok.Core.dll")]
    [InlineData("Byok.Http", "Byok.Http.dll")]
    [InlineData("Byok.Storage", "Byok.Storage.dll")]
    [InlineData("Byok.Client", "Byok.Client.dll")]
    [InlineData("Byok.Pipeline", "Byok.Pipeline.dll")]
    [InlineData("Byok.Api", "Byok.Api.dll")]
    [InlineData("Byok.Pkcs11", "Byok.Pkcs11.dll")]
    [InlineData("Byok.Relay", "Byok.Relay.dll")]
    [InlineData("Byok.Export", "Byok.Export.dll")]
    [InlineData("Byok.Durable", "Byok.Durable.dll")]
    [InlineData("Byok.Local", "Byok.Local.dll")]
    [InlineData("Byok.Agent", "byok-agent.dll")]
    [InlineData("Byok.Cli", "byok.dll")]
    public void Assembly_AsCompiled_KeepsTheRules(string project, string fileName) =>
        Assert.Empty(LayeringRules.FindViolations(project, CompiledAssembly.Load(fileName).References));

    [Fact]
    public void Assembly_OfAnotherLayer_BreaksTheRules()
    {
        Assert.Contains("Byok.Core uses Byok.Local.", LayeringRules.FindViolations("Byok.Core", CompiledAssembly.Load("byok.dll").References));
        Assert.Contains("Byok.Cli uses byok-agent.", LayeringRules.FindViolations("Byok.Cli", ["byok-agent"]));
        Assert.Contains("Byok.Relay uses Pkcs11Interop.", LayeringRules.FindViolations("Byok.Relay", CompiledAssembly.Load("Byok.Pkcs11.dll").References));
    }

    [Fact]
    public void Export_AsCompiled_MeetsTheRelayInOneFile()
    {
        Assert.Equal(["Byok.Relay.HybridConnections.RelayHttpSender"], CompiledAssembly.Load("Byok.Export.dll").Types.Where(IsOfTheRelay));
        var files = Directory.GetFiles(Path.Combine(ProjectFile.RepositoryRoot, "src", "Byok.Export"), "*.cs", SearchOption.AllDirectories);
        Assert.Equal(["RelayAgentChannel.cs"], files.Where(file => IsOfTheRelay(File.ReadAllText(file))).Select(Path.GetFileName));
        Assert.DoesNotContain(CompiledAssembly.Load("Byok.Relay.dll").References, reference => reference == "Byok.Export");

        static bool IsOfTheRelay(string text) => text.Contains("Byok.Relay", StringComparison.Ordinal);
    }

    [Fact]
    public void Core_AsCompiled_KnowsTheBaseClassLibraryOnly()
    {
        var library = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

        Assert.All(CompiledAssembly.Load("Byok.Core.dll").References, reference => Assert.True(File.Exists(Path.Combine(library, reference + ".dll")), reference));
        Assert.Contains(CompiledAssembly.Load("Byok.Storage.dll").References, reference => !File.Exists(Path.Combine(library, reference + ".dll")));
    }

    [Fact]
    public void Core_AsCompiled_DoesNoInputOrOutput()
    {
        Assert.Empty(UsesOfInputOutput("Byok.Core.dll"));
        Assert.NotEmpty(UsesOfInputOutput("byok.dll"));
    }

    private static IEnumerable<string> UsesOfInputOutput(string fileName) =>
        CompiledAssembly.Load(fileName).Types.Where(type => InputOutput.Contains(type) || type.StartsWith("System.Net.", StringComparison.Ordinal));
}
