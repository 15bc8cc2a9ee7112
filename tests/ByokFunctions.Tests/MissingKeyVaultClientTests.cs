using System.Diagnostics;
using Byok.Core.Errors;
using Byok.Testing.CommandLine;
using ByokFunctions.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Tests;

/// <summary>An app that was built without the Key Vault client must never be taken for one that works.</summary>
public sealed class MissingKeyVaultClientTests
{
    private const string Package = "Azure.Security.KeyVault.Keys";

    [Fact]
    public void AddByok_WithoutTheClient_Refuses() =>
        Assert.Contains(Package, Assert.Throws<ConfigurationException>(() => new ServiceCollection().AddByok(ByokSettingsTests.Read())).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Up_WithSuchAnApp_IsRefusedAtOnce()
    {
        await using var byok = new ByokHome(FunctionsHostTests.CommandLine());
        using var up = byok.Start(["env", "BYOK_FUNC=/bin/true"], ["up", "--host", "functions"]);

        CommandAssert.Failed(1, Package, await up.WaitAsync());
    }

    /// <summary>As <c>dotnet publish</c> would, but without building it first.</summary>
    [Fact]
    public async Task Publish_WithoutTheClient_IsRefused()
    {
        string[] arguments = ["msbuild", "ByokFunctions.csproj", "-nologo", "-t:Publish", "-p:NoBuild=true", "-p:Configuration=Release", "-p:KeyVaultClient=false"];
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Path.Combine(FunctionsHostTests.Root, "src", "ByokFunctions"), RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("cannot be published", output, StringComparison.Ordinal);
    }
}
