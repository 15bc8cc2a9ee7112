using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class AppTests
{
    [Fact]
    public async Task Settings_EveryScenario_HoldNoSecret()
    {
        string[] words = ["key", "secret", "password", "connectionstring", "connection_string", "token", "sas"];
        string[] harmless = ["Byok__DefaultKey", "Byok__KeyPrefixes", "Byok__AcceptedKeys", "APPLICATIONINSIGHTS_CONNECTION_STRING"];

        foreach (var deployment in await Deployment.AllAsync())
        {
            var suspects = deployment.AppSettings().Keys.Where(name => words.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)));
            Assert.Empty(suspects.Except(harmless));
        }
    }

    [Fact]
    public async Task Telemetry_ConnectionString_OpensNothingWithoutAnIdentity()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.True(deployment.Only("Microsoft.Insights/components").Flag("DisableLocalAuth"));
            Assert.True(deployment.Only("Microsoft.OperationalInsights/workspaces").Flag("features.disableLocalAuth"));
            Assert.Contains("Authorization=AAD", deployment.AppSettings()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("AzureWebJobsStorage")]
    [InlineData("ByokUploads")]
    public async Task Connection_Storage_IsByIdentity(string connection)
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var settings = deployment.AppSettings();

            Assert.Equal("managedidentity", settings[connection + "__credential"]);
            Assert.Contains("clientId", settings[connection + "__clientId"], StringComparison.Ordinal);
            Assert.EndsWith("primaryEndpoints.blob]", settings[connection + "__blobServiceUri"], StringComparison.Ordinal);
            Assert.EndsWith("primaryEndpoints.queue]", settings[connection + "__queueServiceUri"], StringComparison.Ordinal);
            Assert.DoesNotContain(connection, settings.Keys);
        }
    }

    [Fact]
    public async Task Connection_Storage_LeadsToTheAccountThatHoldsIt()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var settings = deployment.AppSettings();

            Assert.Contains(deployment.DataAccount().Id + "'", settings["ByokUploads__blobServiceUri"], StringComparison.Ordinal);
            Assert.Contains(deployment.DataAccount().Id + "'", settings["Byok__StorageAccountUri"], StringComparison.Ordinal);
            Assert.Contains(deployment.RecordsAccount().Id + "'", settings["Byok__RecordsAccountUri"], StringComparison.Ordinal);
            Assert.EndsWith("primaryEndpoints.blob]", settings["Byok__RecordsAccountUri"], StringComparison.Ordinal);
            Assert.Contains(deployment.HostAccount().Id + "'", settings["AzureWebJobsStorage__tableServiceUri"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Uploads", "uploads")]
    [InlineData("Protected", "protected")]
    [InlineData("Branches", "branches")]
    [InlineData("Ledger", "ledger")]
    [InlineData("Audits", "audits")]
    public async Task Settings_Container_NamesOneThatIsMade(string setting, string name)
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.EndsWith($"/{deployment.AppSettings()[$"Byok__Containers__{setting}"]}", deployment.Container(name).Id, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Settings_ByokSettings_TakeThePrefixOfTheSection()
    {
        var settings = (await Deployment.Sample).AppSettings();

        Assert.Equal("master-2026", settings["Byok__DefaultKey"]);
        Assert.Contains(settings["Byok__DefaultKey"], settings["Byok__AcceptedKeys"].Split(';'));
        Assert.Equal("365", settings["Byok__BranchMaximumAgeDays"]);
        Assert.Equal("2", settings["Byok__RequiredApprovals"]);
    }

    [Fact]
    public async Task Plan_Runtime_IsDotNet10OnFlexConsumption()
    {
        var deployment = await Deployment.Sample;
        var app = deployment.Only("Microsoft.Web/sites");

        Assert.Equal("FC1", (string?)deployment.Only("Microsoft.Web/serverfarms").Node["sku"]!["name"]);
        Assert.Equal(("dotnet-isolated", "10.0"), (app.Text("functionAppConfig.runtime.name"), app.Text("functionAppConfig.runtime.version")));
        Assert.Equal("UserAssignedIdentity", app.Text("functionAppConfig.deployment.storage.authentication.type"));

        // Flex Consumption takes the runtime from functionAppConfig and refuses these settings.
        Assert.DoesNotContain("FUNCTIONS_WORKER_RUNTIME", deployment.AppSettings().Keys);
        Assert.DoesNotContain("FUNCTIONS_EXTENSION_VERSION", deployment.AppSettings().Keys);
    }

    [Fact]
    public async Task App_EveryScenario_TalksHttpsAndTakesNoPublishingPassword()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.True(deployment.Only("Microsoft.Web/sites").Flag("httpsOnly"));
            Assert.Equal("1.2", deployment.Only("Microsoft.Web/sites").Text("siteConfig.minTlsVersion"));
            var policies = deployment.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
            Assert.Equal(["ftp", "scm"], policies.Select(p => p.Id.Split('/')[^1]).Order());
            Assert.All(policies, policy => Assert.False(policy.Flag("allow")));
        }
    }

    [Fact]
    public async Task EasyAuth_WithClientId_RefusesAnonymousCallersButTheWebhook()
    {
        var auth = (await Deployment.SecondPass).Only("Microsoft.Web/sites/config");

        Assert.True(auth.Flag("platform.enabled"));
        Assert.True(auth.Flag("globalValidation.requireAuthentication"));
        Assert.Equal("Return401", auth.Text("globalValidation.unauthenticatedClientAction"));
        Assert.Equal(["/runtime/webhooks/blobs"], auth.Texts("globalValidation.excludedPaths"));
        Assert.Null(auth.Property("identityProviders.azureActiveDirectory.registration.clientSecretSettingName"));
        Assert.Empty((await Deployment.Sample).OfType("Microsoft.Web/sites/config"));
    }
}
