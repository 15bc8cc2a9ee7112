using System.Text.Json.Nodes;

namespace Byok.Infra.Tests.HostSettings;

public sealed class LocalSettingsSampleTests
{
    private static readonly JsonNode Sample = JsonNode.Parse(RepositoryFiles.Read("local.settings.sample.json"))!;
    private static readonly Dictionary<string, string> Values = Sample["Values"]!.AsObject().ToDictionary(v => v.Key, v => (string)v.Value!);

    [Fact]
    public void Values_Secrets_AreAbsent()
    {
        Assert.Equal("", Values["Byok__Relay__SasKey"]);
        Assert.All(Values.Values, value => Assert.DoesNotContain("AccountKey", value, StringComparison.OrdinalIgnoreCase));
        Assert.False((bool)Sample["IsEncrypted"]!);
    }

    [Fact]
    public void Values_Storage_IsTheEmulator()
    {
        foreach (var name in new[] { "AzureWebJobsStorage", "ByokUploads", "Byok__StorageConnectionString" })
        {
            Assert.Equal("UseDevelopmentStorage=true", Values[name]);
        }
    }

    [Fact]
    public void Values_Records_AreInTheEmulatorToo()
    {
        Assert.Equal("", Values["Byok__RecordsAccountUri"]);
        Assert.Equal(
            ["Audits", "Branches", "Ledger", "Protected", "Uploads"],
            Values.Keys.Where(name => name.StartsWith("Byok__Containers__", StringComparison.Ordinal)).Select(name => name["Byok__Containers__".Length..]).Order());
    }

    [Fact]
    public void Values_Branches_HaveTheirSettings()
    {
        Assert.Equal("", Values["Byok__AcceptedKeys"]);
        Assert.Equal("365", Values["Byok__BranchMaximumAgeDays"]);
    }

    [Fact]
    public void Values_Addresses_AreLoopback()
    {
        Assert.True(new Uri(Values["Byok__VaultUri"]).IsLoopback);
        Assert.True(new Uri("https://" + Values["Byok__Relay__Namespace"]).IsLoopback);
    }

    [Fact]
    public void Values_Schedules_HaveSixFields()
    {
        Assert.Equal(6, Values["ByokAuditSchedule"].Split(' ').Length);
        Assert.Equal(6, Values["ByokRotationSchedule"].Split(' ').Length);
    }

    [Fact]
    public void LocalSettings_File_IsNeverCommitted()
    {
        Assert.Contains("local.settings.json", RepositoryFiles.Read(".gitignore").Split('\n'));
    }
}
