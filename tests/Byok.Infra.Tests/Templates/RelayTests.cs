using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class RelayTests
{
    [Fact]
    public async Task HybridConnection_EveryScenario_AsksSendersForAuthorization()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.True(deployment.Only("Microsoft.Relay/namespaces/hybridConnections").Flag("requiresClientAuthorization"));
        }
    }

    [Fact]
    public async Task Network_PrivateWithAgentOutside_LetsTheAgentInAndNobodyElse()
    {
        var rules = (await Deployment.Private).Only("Microsoft.Relay/namespaces/networkRuleSets");

        Assert.Equal(("Deny", "Enabled"), (rules.Text("defaultAction"), rules.Text("publicNetworkAccess")));
        Assert.Equal(["203.0.113.0/28"], rules.Property("ipRules")!.AsArray().Select(rule => (string)rule!["ipMask"]!));
    }

    [Fact]
    public async Task Network_PrivateWithoutAgentOutside_IsClosed()
    {
        var deployment = await Deployment.ManagedHsm;

        Assert.Equal("Disabled", deployment.Only("Microsoft.Relay/namespaces").Text("publicNetworkAccess"));
        Assert.Equal("Disabled", deployment.Only("Microsoft.Relay/namespaces/networkRuleSets").Text("publicNetworkAccess"));
    }
}
