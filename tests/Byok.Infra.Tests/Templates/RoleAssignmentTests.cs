using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class RoleAssignmentTests
{
    [Fact]
    public async Task Assignments_EveryScenario_ReachOneResourceNotTheGroup()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.NotEmpty(deployment.OfType("Microsoft.Authorization/roleAssignments"));
            Assert.All(
                deployment.OfType("Microsoft.Authorization/roleAssignments"),
                a => Assert.StartsWith(Deployment.ResourceGroupId + "/providers/", a.Scope, StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Assignments_EveryScenario_GiveKnownDataRolesOnly()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var known = BuiltInRoles.All.Concat(deployment.OfType("Microsoft.Authorization/roleDefinitions").Select(role => role.Name)).ToHashSet();
            Assert.All(deployment.OfType("Microsoft.Authorization/roleAssignments"), a => Assert.Contains(RoleOf(a), known));
        }
    }

    [Fact]
    public async Task Assignments_EveryScenario_NameTheKindOfPrincipal()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.All(deployment.OfType("Microsoft.Authorization/roleAssignments"), a => Assert.Contains(a.Text("principalType"), new[] { "ServicePrincipal", "Group" }));
        }
    }

    [Theory]
    [InlineData("uploads", "BYOK Upload Processor")]
    [InlineData("protected", "BYOK Blob Writer")]
    [InlineData("branches", "BYOK Record Writer")]
    [InlineData("audits", "BYOK Record Writer")]
    [InlineData("ledger", "BYOK Ledger Appender")]
    public async Task App_OnContainer_HasOneRole(string container, string role)
    {
        var deployment = await Deployment.Sample;
        var assignment = Assert.Single(AppAssignments(deployment), a => a.Scope == deployment.Container(container).Id);

        Assert.StartsWith(role, NameOf(deployment, assignment), StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_OnDataAndRecordsAccount_HasNoRoleOnTheWholeAccount()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            string[] accounts = [deployment.DataAccount().Id, deployment.RecordsAccount().Id];
            Assert.DoesNotContain(AppAssignments(deployment), a => accounts.Contains(a.Scope));
        }
    }

    [Fact]
    public async Task App_OnVault_UsesAlwaysAndImportsWhenAllowed()
    {
        Assert.Equal(["BYOK Key Custodian", "BYOK Key Importer", "BYOK Key User"], await AppRolesOnVaultAsync(Deployment.Sample));
        Assert.Equal(["BYOK Key User"], await AppRolesOnVaultAsync(Deployment.SecondPass));
    }

    [Fact]
    public async Task App_OnRelay_SendsToTheHybridConnectionOnly()
    {
        var deployment = await Deployment.Sample;
        var assignment = Assert.Single(AppAssignments(deployment), a => a.Scope.Contains("Microsoft.Relay", StringComparison.Ordinal));

        Assert.Equal(deployment.Only("Microsoft.Relay/namespaces/hybridConnections").Id, assignment.Scope);
        Assert.Equal(BuiltInRoles.RelaySender, RoleOf(assignment));
    }

    [Fact]
    public async Task Agent_Everywhere_ListensToTheHybridConnectionAndNothingElse()
    {
        var deployment = await Deployment.Sample;
        var assignment = Assert.Single(deployment.OfType("Microsoft.Authorization/roleAssignments"), a => a.Text("principalId") == "55555555-5555-5555-5555-555555555555");

        Assert.Equal(deployment.Only("Microsoft.Relay/namespaces/hybridConnections").Id, assignment.Scope);
        Assert.Equal(BuiltInRoles.RelayListener, RoleOf(assignment));
        Assert.DoesNotContain((await Deployment.Private).OfType("Microsoft.Authorization/roleAssignments"), a => RoleOf(a) == BuiltInRoles.RelayListener);
    }

    [Theory]
    [InlineData("11111111-1111-1111-1111-111111111111", "uploads")]
    [InlineData("22222222-2222-2222-2222-222222222222", "branches,protected,vault")]
    [InlineData("33333333-3333-3333-3333-333333333333", "audits,ledger")]
    [InlineData("44444444-4444-4444-4444-444444444444", "vault")]
    public async Task Group_OfPeople_ReachesItsOwnPlacesOnly(string groupId, string places)
    {
        var deployment = await Deployment.Sample;
        var scopes = deployment.OfType("Microsoft.Authorization/roleAssignments").Where(a => a.Text("principalId") == groupId).Select(a => a.Scope);
        var names = scopes.Select(scope => scope.Contains("/vaults/", StringComparison.Ordinal) ? "vault" : scope[(scope.LastIndexOf('/') + 1)..]).Order();

        Assert.Equal(places, string.Join(',', names));
    }

    [Fact]
    public async Task People_OnStorage_WriteUploadsOnly()
    {
        var deployment = await Deployment.Sample;
        var people = deployment.OfType("Microsoft.Authorization/roleAssignments")
            .Where(a => a.Text("principalType") == "Group" && a.Scope.Contains("Microsoft.Storage/", StringComparison.Ordinal))
            .ToList();

        // Who may read has branch keys, and who has branch keys may forge if he may write.
        Assert.NotEmpty(people);
        Assert.All(people.Where(a => a.Scope != deployment.Container("uploads").Id), a => Assert.Equal(BuiltInRoles.BlobDataReader, RoleOf(a)));
    }

    private static async Task<IEnumerable<string>> AppRolesOnVaultAsync(Task<Deployment> scenario)
    {
        var deployment = await scenario;
        return AppAssignments(deployment)
            .Where(a => a.Scope == deployment.Only("Microsoft.KeyVault/vaults").Id)
            .Select(a => NameOf(deployment, a))
            .Select(name => name[..name.LastIndexOf(' ')])
            .Order();
    }

    private static IEnumerable<PredictedResource> AppAssignments(Deployment deployment)
    {
        var identity = deployment.Only("Microsoft.ManagedIdentity/userAssignedIdentities").Id;
        return deployment.OfType("Microsoft.Authorization/roleAssignments").Where(a => a.Text("principalId")!.Contains(identity + "'", StringComparison.Ordinal));
    }

    private static string RoleOf(PredictedResource assignment) => assignment.Text("roleDefinitionId")!.Split('/')[^1];

    private static string NameOf(Deployment deployment, PredictedResource assignment) =>
        deployment.OfType("Microsoft.Authorization/roleDefinitions").Single(role => role.Name == RoleOf(assignment)).Text("roleName")!;
}
