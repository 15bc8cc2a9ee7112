using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class VaultTests
{
    [Fact]
    public async Task Vault_EveryScenario_IsPremiumWithRolesAndPurgeProtection()
    {
        foreach (var deployment in new[] { await Deployment.Sample, await Deployment.SecondPass, await Deployment.Private })
        {
            var vault = deployment.Only("Microsoft.KeyVault/vaults");

            Assert.Equal("premium", vault.Text("sku.name"));
            Assert.True(vault.Flag("enableRbacAuthorization"));
            Assert.True(vault.Flag("enableSoftDelete"));
            Assert.True(vault.Flag("enablePurgeProtection"));
            Assert.Equal(90, (int)vault.Property("softDeleteRetentionInDays")!);
            Assert.Null(vault.Property("accessPolicies"));
            Assert.False(vault.Flag("enabledForTemplateDeployment"));
        }
    }

    [Fact]
    public async Task Vault_Private_IsClosedToThePublicNetwork()
    {
        var vault = (await Deployment.Private).Only("Microsoft.KeyVault/vaults");

        Assert.Equal("Disabled", vault.Text("publicNetworkAccess"));
        Assert.Equal(("Deny", "None"), (vault.Text("networkAcls.defaultAction"), vault.Text("networkAcls.bypass")));
    }

    [Fact]
    public async Task ManagedHsm_Named_ReplacesTheVault()
    {
        var deployment = await Deployment.ManagedHsm;

        Assert.Empty(deployment.OfType("Microsoft.KeyVault/vaults"));
        Assert.Contains("/resourceGroups/hsm-rg/providers/Microsoft.KeyVault/managedHSMs/pool", deployment.AppSettings()["Byok__VaultUri"], StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Resources, r => r.Type == "Microsoft.KeyVault/managedHSMs");
    }
}
