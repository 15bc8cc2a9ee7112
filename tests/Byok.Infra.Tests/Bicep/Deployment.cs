using System.Text.Json.Nodes;

namespace Byok.Infra.Tests.Bicep;

/// <summary>A deployment of infra/main.bicep, evaluated offline by <c>bicep snapshot</c>.</summary>
internal sealed class Deployment
{
    public const string ResourceGroupId = "/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/byok-rg";

    private static readonly Lazy<Task<Deployment>> LazySample = new(() => EvaluateAsync(File.ReadAllText(Path.Combine(RepositoryFiles.InfraFolder, "main.bicepparam"))));
    private static readonly Lazy<Task<Deployment>> LazySecondPass = new(() => EvaluateAsync("""
        using './main.bicep'
        param deployEventSubscription = true
        param appImportsKeys = false
        param appControlsKeys = false
        param setLedgerImmutability = false
        param entraClientId = '66666666-6666-6666-6666-666666666666'
        """));
    private static readonly Lazy<Task<Deployment>> LazyPrivate = new(() => EvaluateAsync("""
        using './main.bicep'
        param privateNetworking = true
        param agentAddressRanges = ['203.0.113.0/28']
        """));
    private static readonly Lazy<Task<Deployment>> LazyManagedHsm = new(() => EvaluateAsync("""
        using './main.bicep'
        param managedHsmName = 'pool'
        param managedHsmResourceGroup = 'hsm-rg'
        param privateNetworking = true
        """));

    private Deployment(JsonNode snapshot)
    {
        Resources = [.. snapshot["predictedResources"]!.AsArray().Select(node => new PredictedResource(node!))];
        Outputs = snapshot["outputs"]?.AsObject() ?? [];
        Diagnostics = snapshot["diagnostics"]!.AsArray();
    }

    /// <summary>infra/main.bicepparam as it is.</summary>
    public static Task<Deployment> Sample => LazySample.Value;

    /// <summary>After publishing: with the event subscription, Easy Auth, a locked ledger and no standing right to import.</summary>
    public static Task<Deployment> SecondPass => LazySecondPass.Value;

    /// <summary>Private endpoints, and an agent that comes from outside.</summary>
    public static Task<Deployment> Private => LazyPrivate.Value;

    /// <summary>An existing Managed HSM in place of the vault; private, and no agent from outside.</summary>
    public static Task<Deployment> ManagedHsm => LazyManagedHsm.Value;

    public IReadOnlyList<PredictedResource> Resources { get; }

    public JsonObject Outputs { get; }

    public JsonArray Diagnostics { get; }

    public static async Task<IReadOnlyList<Deployment>> AllAsync() => [await Sample, await SecondPass, await Private, await ManagedHsm];

    public IEnumerable<PredictedResource> OfType(string type) => Resources.Where(r => r.Type == type);

    public PredictedResource Only(string type) => Assert.Single(OfType(type));

    /// <summary>The storage account whose containers hold the data.</summary>
    public PredictedResource DataAccount() => AccountOf("uploads");

    /// <summary>The storage account of branch records, ledger and audits.</summary>
    public PredictedResource RecordsAccount() => AccountOf("branches");

    public PredictedResource HostAccount() => AccountOf("packages");

    public PredictedResource BlobService(PredictedResource account) =>
        OfType("Microsoft.Storage/storageAccounts/blobServices").Single(s => s.Id == account.Id + "/blobServices/default");

    public PredictedResource Container(string name) =>
        OfType("Microsoft.Storage/storageAccounts/blobServices/containers").Single(c => c.Id.EndsWith("/" + name, StringComparison.Ordinal));

    /// <summary>Application settings by name.</summary>
    public IReadOnlyDictionary<string, string> AppSettings() =>
        Only("Microsoft.Web/sites").Property("siteConfig.appSettings")!.AsArray().ToDictionary(s => (string)s!["name"]!, s => (string)s!["value"]!);

    private PredictedResource AccountOf(string container) =>
        OfType("Microsoft.Storage/storageAccounts").Single(a => Container(container).Id.StartsWith(a.Id + "/", StringComparison.Ordinal));

    private static async Task<Deployment> EvaluateAsync(string parameters)
    {
        using var copy = new InfraCopy();
        copy.Write("scenario.bicepparam", parameters);
        var result = await BicepCompiler.RunAsync(
            copy.Folder, "snapshot", "scenario.bicepparam", "--mode", "overwrite", "--tenant-id", "00000000-0000-0000-0000-00000000000a",
            "--subscription-id", "00000000-0000-0000-0000-00000000000b", "--resource-group", "byok-rg", "--location", "westeurope", "--deployment-name", "byok");
        Assert.True(result.ExitCode == 0, result.Diagnostics);
        return new Deployment(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(copy.Folder, "scenario.snapshot.json")))!);
    }
}
