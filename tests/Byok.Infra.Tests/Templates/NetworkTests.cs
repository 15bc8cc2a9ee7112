using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class NetworkTests
{
    [Fact]
    public async Task Endpoints_Private_ReachEveryServiceTheAppTalksTo()
    {
        Assert.Equal(
            ["data-blob", "data-queue", "host-blob", "host-queue", "host-table", "keys-vault", "records-blob", "relay-namespace"],
            EndpointNames(await Deployment.Private));
        Assert.Contains("keys-managedhsm", EndpointNames(await Deployment.ManagedHsm));
        Assert.Empty(EndpointNames(await Deployment.Sample));
    }

    [Fact]
    public async Task Endpoints_Private_HaveADnsEntryEach()
    {
        var deployment = await Deployment.Private;

        Assert.Equal(
            deployment.OfType("Microsoft.Network/privateEndpoints").Select(e => e.Id + "/privateDnsZoneGroups/default").Order(),
            deployment.OfType("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Select(g => g.Id).Order());
        Assert.Equal(
            deployment.OfType("Microsoft.Network/privateDnsZones").Count(),
            deployment.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Count());
    }

    [Fact]
    public async Task App_Private_SendsThroughItsOwnDelegatedSubnet()
    {
        var deployment = await Deployment.Private;
        var subnet = deployment.OfType("Microsoft.Network/virtualNetworks/subnets").Single(s => s.Id.EndsWith("/app", StringComparison.Ordinal));

        Assert.Equal(subnet.Id, deployment.Only("Microsoft.Web/sites").Text("virtualNetworkSubnetId"));
        Assert.Equal("Microsoft.App/environments", (string?)Assert.Single(subnet.Property("delegations")!.AsArray())!["properties"]!["serviceName"]);
        Assert.DoesNotContain(deployment.OfType("Microsoft.Network/privateEndpoints"), e => (string?)e.Property("subnet")!["id"] == subnet.Id);
    }

    private static IEnumerable<string> EndpointNames(Deployment deployment) =>
        deployment.OfType("Microsoft.Network/privateEndpoints").Select(e => e.Name["byok-".Length..]).Order();
}
