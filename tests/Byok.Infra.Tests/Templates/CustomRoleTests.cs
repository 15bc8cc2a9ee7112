using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class CustomRoleTests
{
    private const string Keys = "Microsoft.KeyVault/vaults/keys/";
    private const string Blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/";

    [Fact]
    public async Task Roles_Importing_IsApartFromUsing()
    {
        var roles = await DataActionsByRoleAsync();

        Assert.Contains(roles, role => role.Value.Contains(Keys + "import/action"));
        Assert.Contains(roles, role => role.Value.Contains(Keys + "unwrap/action"));
        Assert.DoesNotContain(roles, role =>
            role.Value.Any(action => action is Keys + "import/action" or Keys + "create/action" or Keys + "update/action" or Keys + "delete" or Keys + "recover/action")
            && role.Value.Any(action => action is Keys + "wrap/action" or Keys + "unwrap/action"));
    }

    [Fact]
    public async Task Roles_KeyUser_ReadsWrapsAndUnwraps()
    {
        Assert.Equal([Keys + "read", Keys + "unwrap/action", Keys + "wrap/action"], Role(await DataActionsByRoleAsync(), "BYOK Key User").Order());
    }

    [Fact]
    public async Task Roles_KeyImporter_CreatesImportsAndRetires()
    {
        Assert.Equal(
            [Keys + "create/action", Keys + "delete", Keys + "import/action", Keys + "read", Keys + "update/action"],
            Role(await DataActionsByRoleAsync(), "BYOK Key Importer").Order());
    }

    [Fact]
    public async Task Roles_KeyCustodian_RevokesAndRestores()
    {
        Assert.Equal(
            [Keys + "delete", Keys + "read", Keys + "recover/action", Keys + "update/action"],
            Role(await DataActionsByRoleAsync(), "BYOK Key Custodian").Order());
    }

    [Fact]
    public async Task Roles_NoRole_PurgesBacksUpReleasesOrDecrypts()
    {
        var actions = (await DataActionsByRoleAsync()).SelectMany(role => role.Value).ToHashSet();

        foreach (var forbidden in new[] { "purge/action", "backup/action", "restore/action", "release/action", "decrypt/action", "sign/action", "rotate/action" })
        {
            Assert.DoesNotContain(Keys + forbidden, actions);
        }

        Assert.DoesNotContain(actions, action => action.Contains('*', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Roles_Deleting_IsForUploadsOnly()
    {
        var roles = await DataActionsByRoleAsync();

        Assert.Contains(Blobs + "delete", Role(roles, "BYOK Upload Processor"));
        Assert.Single(roles, role => role.Value.Contains(Blobs + "delete"));
    }

    [Fact]
    public async Task Roles_LedgerAppender_ReadsAndAdds()
    {
        Assert.Equal([Blobs + "add/action", Blobs + "read"], Role(await DataActionsByRoleAsync(), "BYOK Ledger Appender").Order());
    }

    [Fact]
    public async Task Roles_RecordWriter_ReadsAndWrites()
    {
        Assert.Equal([Blobs + "read", Blobs + "write"], Role(await DataActionsByRoleAsync(), "BYOK Record Writer").Order());
    }

    [Fact]
    public async Task Roles_BlobWriter_WritesBlobsWithTheirTags()
    {
        Assert.Equal(
            [Blobs + "add/action", Blobs + "read", Blobs + "tags/read", Blobs + "tags/write", Blobs + "write"],
            Role(await DataActionsByRoleAsync(), "BYOK Blob Writer").Order());
    }

    [Fact]
    public async Task Roles_NoRole_GetsAroundVersionsSoftDeleteOrImmutability()
    {
        var actions = (await DataActionsByRoleAsync()).SelectMany(role => role.Value).ToHashSet();

        foreach (var forbidden in new[] { "deleteBlobVersion/action", "permanentDelete/action", "runAsSuperUser/action", "immutableStorage/runAsSuperUser/action", "manageOwnership/action" })
        {
            Assert.DoesNotContain(Blobs + forbidden, actions);
        }
    }

    [Fact]
    public async Task Roles_ControlPlane_ReadsContainersAtMost()
    {
        foreach (var role in (await Deployment.Sample).OfType("Microsoft.Authorization/roleDefinitions"))
        {
            var actions = role.Property("permissions")!.AsArray().SelectMany(p => p!["actions"]?.AsArray().Select(a => (string)a!) ?? []);
            Assert.All(actions, action => Assert.Equal("Microsoft.Storage/storageAccounts/blobServices/containers/read", action));
            Assert.Equal([Deployment.ResourceGroupId], role.Texts("assignableScopes"));
        }
    }

    private static async Task<Dictionary<string, HashSet<string>>> DataActionsByRoleAsync() =>
        (await Deployment.Sample).OfType("Microsoft.Authorization/roleDefinitions").ToDictionary(
            role => role.Text("roleName")!,
            role => role.Property("permissions")!.AsArray().SelectMany(p => p!["dataActions"]!.AsArray().Select(a => (string)a!)).ToHashSet());

    private static HashSet<string> Role(Dictionary<string, HashSet<string>> roles, string name) =>
        Assert.Single(roles, role => role.Key.StartsWith(name + " ", StringComparison.Ordinal)).Value;
}
