using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class StorageTests
{
    [Fact]
    public async Task Accounts_EveryScenario_RefuseKeysAndPublicBlobs()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Equal(2, deployment.OfType("Microsoft.Storage/storageAccounts").Count());
            Assert.All(deployment.OfType("Microsoft.Storage/storageAccounts"), account =>
            {
                Assert.False(account.Flag("allowSharedKeyAccess"));
                Assert.True(account.Flag("defaultToOAuthAuthentication"));
                Assert.False(account.Flag("allowBlobPublicAccess"));
                Assert.False(account.Flag("allowCrossTenantReplication"));
                Assert.False(account.Flag("isLocalUserEnabled"));
                Assert.True(account.Flag("supportsHttpsTrafficOnly"));
                Assert.Equal("TLS1_2", account.Text("minimumTlsVersion"));
            });
        }
    }

    [Fact]
    public async Task Containers_EveryScenario_ArePrivate()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.All(deployment.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"), c => Assert.Equal("None", c.Text("publicAccess")));
        }
    }

    [Theory]
    [InlineData("uploads")]
    [InlineData("protected")]
    [InlineData("ledger")]
    [InlineData("audits")]
    public async Task DataAccount_Container_Exists(string name)
    {
        var deployment = await Deployment.Sample;

        Assert.StartsWith(deployment.DataAccount().Id, deployment.Container(name).Id, StringComparison.Ordinal);
        Assert.NotEqual(deployment.DataAccount().Id, deployment.HostAccount().Id);
    }

    [Fact]
    public async Task DataAccount_DeletedUploads_LeaveNoPlaintextBehind()
    {
        var deployment = await Deployment.Sample;
        var service = deployment.OfType("Microsoft.Storage/storageAccounts/blobServices").Single(s => s.Scope == Deployment.ResourceGroupId && s.Id.StartsWith(deployment.DataAccount().Id, StringComparison.Ordinal));

        Assert.False(service.Flag("deleteRetentionPolicy.enabled"));
        Assert.False(service.Flag("isVersioningEnabled"));
    }

    [Fact]
    public async Task DataAccount_Encryption_IsDouble()
    {
        Assert.True((await Deployment.Sample).DataAccount().Flag("encryption.requireInfrastructureEncryption"));
    }

    [Fact]
    public async Task Ledger_Immutability_HoldsAndLetsAppendsThrough()
    {
        var policy = (await Deployment.Sample).Only("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies");

        Assert.Contains("/containers/ledger/", policy.Id, StringComparison.Ordinal);
        Assert.True(policy.Flag("allowProtectedAppendWrites"));
        Assert.True((int)policy.Property("immutabilityPeriodSinceCreationInDays")! >= 365);
    }

    [Fact]
    public async Task Ledger_ImmutabilityLocked_IsNotSetAgain()
    {
        Assert.Empty((await Deployment.SecondPass).OfType("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"));
    }

    [Fact]
    public async Task Accounts_PublicNetwork_FollowsTheScenario()
    {
        Assert.All((await Deployment.Sample).OfType("Microsoft.Storage/storageAccounts"), a => Assert.Equal("Enabled", a.Text("publicNetworkAccess")));
        Assert.All((await Deployment.Private).OfType("Microsoft.Storage/storageAccounts"), a =>
        {
            Assert.Equal("Disabled", a.Text("publicNetworkAccess"));
            Assert.Equal("Deny", a.Text("networkAcls.defaultAction"));
        });
    }
}
