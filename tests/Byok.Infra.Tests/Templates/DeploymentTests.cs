using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class DeploymentTests
{
    [Fact]
    public async Task Evaluate_EveryScenario_GivesNoDiagnostics()
    {
        Assert.All(await Deployment.AllAsync(), deployment => Assert.Empty(deployment.Diagnostics));
    }

    [Fact]
    public async Task Resources_EveryScenario_HaveIdsOfTheirOwn()
    {
        Assert.All(await Deployment.AllAsync(), deployment => Assert.Equal(deployment.Resources.Count, deployment.Resources.Select(r => r.Id).Distinct().Count()));
    }

    [Fact]
    public async Task Resources_SecondPass_RepeatTheFirst()
    {
        var first = (await Deployment.Sample).Resources.Select(r => r.Id).Where(id => !id.Contains("roleAssignments", StringComparison.Ordinal) && !id.EndsWith("immutabilityPolicies/default", StringComparison.Ordinal));

        Assert.Superset(first.ToHashSet(), (await Deployment.SecondPass).Resources.Select(r => r.Id).ToHashSet());
    }

    [Fact]
    public async Task GlobalNames_LongestPrefix_StayWithinTheServicesLimits()
    {
        // uniqueString gives 13 characters whatever goes in, so the sample's names differ from the longest by the prefix alone.
        const int longestPrefix = 10, samplePrefix = 4;
        var limits = new Dictionary<string, int>
        {
            ["Microsoft.Storage/storageAccounts"] = 24,
            ["Microsoft.KeyVault/vaults"] = 24,
            ["Microsoft.Relay/namespaces"] = 50,
            ["Microsoft.Web/sites"] = 60,
            ["Microsoft.EventGrid/systemTopics"] = 128,
        };
        var deployment = await Deployment.Sample;

        foreach (var (type, limit) in limits)
        {
            Assert.All(deployment.OfType(type), r => Assert.InRange(r.Name.Length + longestPrefix - samplePrefix, 1, limit));
        }
    }

    [Fact]
    public async Task Templates_EveryScenario_AskForNoAccountKeys()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var text = string.Join("\n", deployment.Resources.Where(r => r.Type != "Microsoft.EventGrid/systemTopics/eventSubscriptions").Select(r => r.Node.ToJsonString()));

            Assert.DoesNotContain("listKeys", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("AccountKey", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("SharedAccessKey", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("authorizationRules", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Outputs_DataAndRecordsAccount_AreNamed()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Equal(deployment.DataAccount().Name, (string?)deployment.Outputs["dataAccountName"]);
            Assert.Equal(deployment.RecordsAccount().Name, (string?)deployment.Outputs["recordsAccountName"]);
        }
    }

    [Fact]
    public async Task Outputs_EveryTemplate_CarryNoSecret()
    {
        foreach (var (_, template) in (await CompiledTemplates.All).ByFile)
        {
            var outputs = template["outputs"]?.ToJsonString() ?? "";

            Assert.DoesNotContain("listKeys", outputs, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("listSecrets", outputs, StringComparison.OrdinalIgnoreCase);
        }
    }
}
