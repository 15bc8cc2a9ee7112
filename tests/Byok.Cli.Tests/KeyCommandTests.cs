using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Keys, through the built program.</summary>
public sealed class KeyCommandTests(StackFixture stack) : IClassFixture<StackFixture>
{
    [Fact]
    public async Task Bring_AnotherKey_IsListedAndProtectsWhatNamesIt()
    {
        var brought = (await stack.Byok.SucceedAsync("key", "bring", "second", "--size", "2048", "--label", "master-2", "--json")).Json;
        var file = stack.Byok.CreateFile("f", 100);
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", "under-second", "--key", "second");
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", "under-default");

        var listed = (await stack.Byok.SucceedAsync("key", "list", "second", "--json")).Json;
        var all = (await stack.Byok.SucceedAsync("key", "list", "--json")).Json;
        var inspected = (await stack.Byok.SucceedAsync("blob", "inspect", "under-second", "--json")).Json;
        var byDefault = (await stack.Byok.SucceedAsync("blob", "inspect", "under-default", "--json")).Json;

        var row = Assert.Single(listed.EnumerateArray());
        Assert.Equal("active", row.GetProperty("state").GetString());
        Assert.Equal("master-2", row.GetProperty("label").GetString());
        Assert.Equal(2048, row.GetProperty("sizeInBits").GetInt32());
        Assert.Equal(1, row.GetProperty("blobs").GetInt64());
        Assert.Equal(brought.GetProperty("thumbprint").GetString(), row.GetProperty("thumbprint").GetString());
        Assert.Equal(brought.GetProperty("keyId").GetString(), inspected.GetProperty("wrappingKey").GetProperty("id").GetString());
        Assert.Contains($"/keys/{StackFixture.Key}/", byDefault.GetProperty("wrappingKey").GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(all.EnumerateArray(), key => key.GetProperty("name").GetString()!.StartsWith("byok-kek-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bring_KeyIsThereAlready_IsRefused() =>
        CommandAssert.Failed(1, "Choose another name", await stack.Byok.RunAsync("key", "bring", StackFixture.Key));

    [Fact]
    public async Task Bring_ExistingDemandedButMissing_IsRefusedAndLeavesNothingActive()
    {
        CommandAssert.Failed(1, "not-in-hsm", await stack.Byok.RunAsync("key", "bring", "wanted", "--existing", "--label", "not-in-hsm"));
        CommandAssert.Failed(3, "wanted", await stack.Byok.RunAsync("key", "list", "wanted"));
    }

    [Fact]
    public async Task Bring_NameThatBeginsAnother_BringsBoth()
    {
        var results = await Task.WhenAll(
            stack.Byok.RunAsync("key", "bring", "pre", "--size", "2048", "--json"),
            stack.Byok.RunAsync("key", "bring", "pre-fix", "--size", "2048", "--json"));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        Assert.Contains("/keys/pre/", results[0].Json.GetProperty("keyId").GetString(), StringComparison.Ordinal);
        Assert.Contains("/keys/pre-fix/", results[1].Json.GetProperty("keyId").GetString(), StringComparison.Ordinal);
        Assert.Single((await stack.Byok.SucceedAsync("key", "list", "pre", "--json")).Json.EnumerateArray());
        Assert.Single((await stack.Byok.SucceedAsync("key", "list", "pre-fix", "--json")).Json.EnumerateArray());
    }
}
