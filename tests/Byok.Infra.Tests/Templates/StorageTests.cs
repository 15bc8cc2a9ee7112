using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class StorageTests
{
    [Fact]
    public async Task Accounts_EveryScenario_RefuseKeysAndPublicBlobs()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Equal(3, deployment.OfType("Microsoft.Storage/storageAccounts").Count());
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
    public async Task DataAccount_Container_Exists(string name)
    {
        var deployment = await Deployment.Sample;

        Assert.StartsWith(deployment.DataAccount().Id + "/", deployment.Container(name).Id, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("branches")]
    [InlineData("ledger")]
    [InlineData("audits")]
    public async Task RecordsAccount_Container_Exists(string name)
    {
        var deployment = await Deployment.Sample;

        Assert.StartsWith(deployment.RecordsAccount().Id + "/", deployment.Container(name).Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_DataRecordsAndHost_AreApart()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Equal(3, new[] { deployment.DataAccount().Id, deployment.RecordsAccount().Id, deployment.HostAccount().Id }.Distinct().Count());
        }
    }

    [Fact]
    public async Task DataAccount_DeletedUploads_LeaveNoPlaintextBehind()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var service = deployment.BlobService(deployment.DataAccount());

            Assert.False(service.Flag("deleteRetentionPolicy.enabled"));
            Assert.False(service.Flag("isVersioningEnabled"));
        }
    }

    [Fact]
    public async Task RecordsAccount_WhatIsDeletedOrReplaced_IsKept()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var service = deployment.BlobService(deployment.RecordsAccount());

            foreach (var policy in new[] { "deleteRetentionPolicy", "containerDeleteRetentionPolicy" })
            {
                Assert.True(service.Flag(policy + ".enabled"));
                Assert.Equal(90, (int)service.Property(policy + ".days")!);
            }

            Assert.True(service.Flag("isVersioningEnabled"));
            Assert.False(service.Flag("deleteRetentionPolicy.allowPermanentDelete"));
        }
    }

    [Fact]
    public async Task RecordsAccount_Immutability_IsTheContainersAndNotTheVersions()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            // Immutable versions are the other mode, which cannot be switched off again.
            Assert.Null(deployment.RecordsAccount().Property("immutableStorageWithVersioning"));
            Assert.All(new[] { "branches", "ledger", "audits" }, name => Assert.Null(deployment.Container(name).Property("immutableStorageWithVersioning")));
        }
    }

    [Fact]
    public async Task DataAndRecordsAccount_Encryption_IsDouble()
    {
        var deployment = await Deployment.Sample;

        Assert.True(deployment.DataAccount().Flag("encryption.requireInfrastructureEncryption"));
        Assert.True(deployment.RecordsAccount().Flag("encryption.requireInfrastructureEncryption"));
    }

    [Fact]
    public async Task Ledger_Immutability_HoldsAndLetsAppendsThrough()
    {
        var deployment = await Deployment.Sample;
        var policy = deployment.Only("Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies");

        Assert.Equal(deployment.RecordsAccount().Id + "/blobServices/default/containers/ledger/immutabilityPolicies/default", policy.Id);
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
