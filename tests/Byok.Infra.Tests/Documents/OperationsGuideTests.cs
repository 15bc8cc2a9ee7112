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

        // An instance unwraps each branch it uses once in the key cache time, a minute; a rotation unwraps each pinned branch three times, whatever the number of blobs.
        Assert.Equal(InFigures(perSecond), Cell("unwraps a second"));
        Assert.Equal(InFigures(perSecond * 60), Cell("instances that use one branch at once, by unwraps alone"));
        Assert.Equal(InFigures(perSecond * 60 / 11), Cell("instances that use eleven branches at once, by unwraps alone"));
        Assert.Equal("3", Cell("unwraps of a rotation, one pinned branch, any number of blobs"));
        Assert.Equal("33", Cell("unwraps of a rotation, eleven pinned branches, any number of blobs"));

        string Cell(string row) => table.Single(cells => cells[0] == row)[column];
    }

    [Fact]
    public void Findings_EveryKind_IsDocumentedWithItsSeverity()
    {
        var kinds = FindingKind().Matches(RepositoryFiles.Read("src", "Byok.Pipeline", "AuditKeys", "FindingKinds.cs")).Select(m => (Code: m.Groups[2].Value, Severity: m.Groups[1].Value.ToLowerInvariant())).ToList();
        var documented = FindingRow().Matches(Section("What the audit finds")).Select(m => (Code: m.Groups[1].Value, Severity: m.Groups[2].Value));

        Assert.True(kinds.Count >= 40, "The kinds of findings were not found in the source.");
        Assert.Equal(kinds.Order(), documented.Order());
    }

    [Fact]
    public void Routes_EveryRouteOfTheApi_IsDocumented()
    {
        var routes = Route().Matches(RepositoryFiles.Read("src", "Byok.Api", "ApiRoute.cs")).Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value}").ToList();
        var documented = Section("People and roles").Split('\n').Select(line => RouteRow().Match(line)).Where(m => m.Success).Select(m => m.Groups[1].Value);

        Assert.True(routes.Count >= 11, "The routes were not found in the source.");
        Assert.Equal(routes, documented);
    }

    [Fact]
    public void Unmovable_EveryReason_IsDocumented()
    {
        var reasons = EnumMember().Matches(RepositoryFiles.Read("src", "Byok.Pipeline", "MoveBlobs", "UnmovableBlob.cs").Split("enum UnmovableReason")[1]).Select(m => m.Groups[1].Value).ToList();

        Assert.True(reasons.Count >= 7, "The reasons were not found in the source.");
        Assert.All(reasons, reason => Assert.Contains($"\n| `{char.ToLowerInvariant(reason[0])}{reason[1..]}` | ", Section("Branches"), StringComparison.Ordinal));
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

    private static string InFigures(int number) => FormattableString.Invariant($"{number:N0}");

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

    [GeneratedRegex("new\\((Critical|Warning|Notice), \"([a-z-]+)\"")]
    private static partial Regex FindingKind();

    [GeneratedRegex(@"^\| `([a-z-]+)` \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex FindingRow();

    [GeneratedRegex("new\\(\"(GET|POST)\", \"([^\"]+)\"")]
    private static partial Regex Route();

    [GeneratedRegex(@"^\| `((?:GET|POST) [^`]+)` \|")]
    private static partial Regex RouteRow();

    [GeneratedRegex(@"^    ([A-Z]\w+),\r?$", RegexOptions.Multiline)]
    private static partial Regex EnumMember();

    [GeneratedRegex("^#{2,3} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("[^a-z0-9 -]")]
    private static partial Regex NotInAnchor();
}
