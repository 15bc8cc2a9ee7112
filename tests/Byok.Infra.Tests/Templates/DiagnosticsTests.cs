using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class DiagnosticsTests
{
    [Theory]
    [InlineData("Microsoft.KeyVault/vaults")]
    [InlineData("Microsoft.Relay/namespaces")]
    [InlineData("Microsoft.Web/sites")]
    [InlineData("Microsoft.EventGrid/systemTopics")]
    public async Task Settings_Service_SendsAllLogsToTheWorkspace(string service)
    {
        var deployment = await Deployment.Sample;
        var setting = Assert.Single(Settings(deployment), s => s.Scope == deployment.Only(service).Id);

        Assert.Equal(deployment.Only("Microsoft.OperationalInsights/workspaces").Id, setting.Text("workspaceId"));
        var log = Assert.Single(setting.Property("logs")!.AsArray())!;
        Assert.Equal(("allLogs", true), ((string?)log["categoryGroup"], (bool?)log["enabled"]));
    }

    [Fact]
    public async Task Settings_Storage_CoverAllAccounts()
    {
        var deployment = await Deployment.Sample;

        foreach (var account in new[] { deployment.DataAccount(), deployment.RecordsAccount() })
        {
            var setting = Assert.Single(Settings(deployment), s => s.Scope == account.Id + "/blobServices/default");
            Assert.Equal(deployment.Only("Microsoft.OperationalInsights/workspaces").Id, setting.Text("workspaceId"));
            var log = Assert.Single(setting.Property("logs")!.AsArray())!;
            Assert.Equal(("allLogs", true), ((string?)log["categoryGroup"], (bool?)log["enabled"]));
        }

        var host = Assert.Single(Settings(deployment), s => s.Scope == deployment.HostAccount().Id + "/blobServices/default");
        Assert.Equal(["StorageDelete", "StorageWrite"], host.Property("logs")!.AsArray().Select(log => (string)log!["category"]!).Order());
    }

    [Fact]
    public async Task Settings_ManagedHsm_SendsAllLogsToTheWorkspace()
    {
        var deployment = await Deployment.ManagedHsm;
        var setting = Assert.Single(Settings(deployment), s => s.Scope.EndsWith("/resourceGroups/hsm-rg/providers/Microsoft.KeyVault/managedHSMs/pool", StringComparison.Ordinal));

        Assert.Equal(deployment.Only("Microsoft.OperationalInsights/workspaces").Id, setting.Text("workspaceId"));
    }

    private static IEnumerable<PredictedResource> Settings(Deployment deployment) => deployment.OfType("Microsoft.Insights/diagnosticSettings");
}
