using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Documents;

public sealed partial class OperationsGuideTests
{
    private static readonly string Guide = RepositoryFiles.Read("docs", "OPERATIONS.md");
    private static readonly Dictionary<string, string> Defaults = SettingRow().Matches(Section("Settings")).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);

    [Fact]
    public async Task Settings_Template_IsDocumentedAndMarked()
    {
        var marked = Defaults.Where(row => row.Value.Contains("*template*", StringComparison.Ordinal)).Select(row => row.Key);
        var fixedByTemplate = (await Deployment.Private).AppSettings().Keys;

        Assert.Equal(fixedByTemplate.Order(StringComparer.Ordinal), marked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Settings_LocalSample_IsDocumentedWithTheSameDefaults()
    {
        var sample = JsonNode.Parse(RepositoryFiles.Read("local.settings.sample.json"))!["Values"]!.AsObject().ToDictionary(v => v.Key, v => (string)v.Value!);

        Assert.Empty(sample.Keys.Except(Defaults.Keys));

        // What differs on one machine: addresses, the key, and no approvals by default anywhere.
        foreach (var name in Defaults.Keys.Intersect(sample.Keys).Where(name => Defaults[name] != "none" && name is not ("Byok__VaultUri" or "Byok__RecordsAccountUri" or "Byok__Relay__Namespace")))
        {
            Assert.Equal(Defaults[name].Replace("*template*, ", "", StringComparison.Ordinal).Trim('`'), sample[name]);
        }
    }

    [Fact]
    public void Settings_EveryRow_IsAKnownNamesOnlyOnce()
    {
        Assert.True(Defaults.Count >= 35, "The settings table was not found or lost rows.");
        Assert.All(Defaults.Keys, name => Assert.Matches("^[A-Za-z_.]+$", name));
    }

    [Fact]
    public async Task Roles_EveryCustomRole_IsDocumented()
    {
        foreach (var role in (await Deployment.Sample).OfType("Microsoft.Authorization/roleDefinitions"))
        {
            var name = role.Text("roleName")!;
            Assert.Contains($"| {name[..name.LastIndexOf(' ')]} |", Guide, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("RSA-2048", 2000)]
    [InlineData("RSA-3072", 500)]
    [InlineData("RSA-4096", 250)]
    public void Throughput_Table_FollowsFromThePublishedLimits(string size, int operationsInTenSeconds)
    {
        var table = Section("Quotas and throughput").Split('\n').Where(line => line.StartsWith('|')).Select(Cells).ToList();
        var column = Array.IndexOf(table.Single(cells => cells.Contains(size)), size);
        var perSecond = operationsInTenSeconds / 10;

        Assert.Equal(perSecond.ToString(null, null), table.Single(cells => cells[0] == "unwraps a second")[column]);
        foreach (var blobs in new[] { 10_000, 1_000_000, 100_000_000 })
        {
            var row = table.Single(cells => cells[0] == FormattableString.Invariant($"rotation of {blobs:N0} blobs"));
            Assert.Equal(InWords(TimeSpan.FromSeconds((double)blobs / perSecond)), row[column]);
        }
    }

    [Fact]
    public void Parameters_NamedInTheGuide_Exist()
    {
        var main = RepositoryFiles.Read("infra", "main.bicep");
        string[] named =
        [
            "privateNetworking", "agentAddressRanges", "managedHsmName", "managedHsmResourceGroup", "setLedgerImmutability", "ledgerRetentionDays", "deployEventSubscription",
            "agentPrincipalId", "auditorGroupIds", "uploaderGroupIds", "readerGroupIds", "custodianGroupIds", "appImportsKeys", "appControlsKeys", "entraClientId", "storageSkuName",
            "byokSettings", "auditSchedule", "rotationSchedule",
        ];

        foreach (var name in named)
        {
            Assert.Contains(name, Guide, StringComparison.Ordinal);
            Assert.Contains($"param {name} ", main, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Links_InsideTheGuide_LeadToHeadings()
    {
        var anchors = Heading().Matches(Guide).Select(m => NotInAnchor().Replace(m.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-')).ToHashSet();

        Assert.All(Link().Matches(Guide).Select(m => m.Groups[1].Value), link => Assert.Contains(link, anchors));
    }

    private static string InWords(TimeSpan time) => time switch
    {
        { TotalDays: >= 10 } => FormattableString.Invariant($"{time.TotalDays:F0} days"),
        { TotalDays: >= 1 } => FormattableString.Invariant($"{time.TotalDays:F1} days"),
        { TotalHours: >= 1 } => $"{(int)time.TotalHours} h {Math.Round(time.TotalMinutes % 60)} min",
        { TotalMinutes: >= 1, Seconds: > 0 } => $"{(int)time.TotalMinutes} min {time.Seconds} s",
        { TotalMinutes: >= 1 } => $"{(int)time.TotalMinutes} min",
        _ => $"{time.TotalSeconds} s",
    };

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static string Section(string heading)
    {
        var start = Guide.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/OPERATIONS.md has no section {heading}.");
        var end = Guide.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? Guide[start..] : Guide[start..end];
    }

    [GeneratedRegex(@"^\| `([^`]+)` \| ([^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex("^#{2,3} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NotInAnchor();
}
