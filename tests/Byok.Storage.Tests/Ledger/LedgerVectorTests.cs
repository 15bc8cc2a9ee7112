using System.Text.RegularExpressions;
using Byok.Core.Ledger;
using Byok.Core.Ports;
using Byok.Storage.Ledger;

namespace Byok.Storage.Tests.Ledger;

/// <summary>Every kind's bytes, and that docs/FORMAT.md lists them all as they are.</summary>
public sealed partial class LedgerVectorTests
{
    private static readonly string Root = FindRoot();
    private static readonly string Folder = Path.Combine(Root, "tests", "vectors", "ledger");

    static LedgerVectorTests()
    {
        if (Environment.GetEnvironmentVariable("BYOK_WRITE_VECTORS") == "1")
        {
            Directory.CreateDirectory(Folder);
            foreach (var (name, recorded) in LedgerVectors.All)
            {
                File.WriteAllBytes(Path.Combine(Folder, name + ".json"), LedgerVectors.Line(recorded));
            }
        }
    }

    [Fact]
    public void Files_OfTheGenerator_AreTheFilesOnDisk()
    {
        Assert.Equal(LedgerVectors.All.Keys.Order(StringComparer.Ordinal), Directory.GetFiles(Folder).Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));
        Assert.All(LedgerVectors.All, vector => Assert.Equal(File.ReadAllText(Path.Combine(Folder, vector.Key + ".json")), System.Text.Encoding.UTF8.GetString(LedgerVectors.Line(vector.Value))));
    }

    [Fact]
    public void Read_EveryLine_GivesBackWhatWasWritten() => Assert.All(LedgerVectors.All, vector =>
    {
        var read = LedgerChain.ParseNext(LedgerVectors.Line(vector.Value).AsSpan()[..^1], 1, LedgerChain.Genesis).Event;

        Assert.Equal((vector.Value.EventId, vector.Value.Kind, vector.Value.Subject, vector.Value.CorrelationId), (read.EventId, read.Kind, read.Subject, read.CorrelationId));
        Assert.Equal(vector.Value.Details.OrderBy(pair => pair.Key, StringComparer.Ordinal), read.Details);
    });

    [Fact]
    public void TryRead_EveryKind_ReadsItsOwnAndNoOther() => Assert.All(LedgerVectors.All.Values, recorded =>
    {
        Assert.Equal(recorded.Kind == LedgerKinds.KeyImported, LedgerReading.TryReadImported(recorded, out var imported));
        Assert.Equal(recorded.Kind == LedgerKinds.KeyActivated, LedgerReading.TryReadActivated(recorded, out var activated, out var thumbprint));
        Assert.Equal(recorded.Kind.StartsWith("blob.", StringComparison.Ordinal), LedgerReading.TryReadBlob(recorded, "protected", out var blob));
        Assert.Equal(recorded.Subject, (imported ?? activated)?.ToString() ?? (blob.Name is null ? recorded.Subject : $"protected/{blob.Name}"));
        Assert.Equal(activated is null ? null : recorded.Details["thumbprint"], thumbprint);
        Assert.Equal(recorded.Details.ContainsKey("sealed"), LedgerReading.TryReadPins(recorded, "customer", out var pins));
        Assert.Equal(pins.Current?.ToString(), pins.Sealed is null ? null : recorded.Details["branch"]);
        Assert.Equal(recorded.Details.GetValueOrDefault("retired"), pins.Retired?.ToString());
        Assert.False(LedgerReading.TryReadPins(recorded, "other", out _));
        Assert.Equal(blob.Name is null ? [] : recorded.Details.Where(pair => pair.Key is "mac" or "by" or "replaces").Select(pair => pair.Value).Order(),
            new[] { blob.Mac, blob.By, blob.Replaces }.OfType<string>().Order());
    });

    [Theory]
    [InlineData("other")]
    [InlineData("protect")]
    [InlineData("protected/a")]
    public void TryReadBlob_OfAnotherContainer_ReadsNothing(string container) =>
        Assert.False(LedgerReading.TryReadBlob(LedgerVectors.All["blob_confirmed"] with { Subject = "protected2/x" }, container, out _));

    [Fact]
    public void Format_ListOfKinds_IsTheCodes()
    {
        var rows = File.ReadAllLines(Path.Combine(Root, "docs", "FORMAT.md"))
            .SkipWhile(line => !line.StartsWith("## 15.", StringComparison.Ordinal)).SkipWhile(line => !line.StartsWith("| Kind |", StringComparison.Ordinal))
            .Skip(2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();

        Assert.Equal(LedgerKinds.All, rows.Select(row => row[1].Trim('`')));
        Assert.All(rows, row =>
        {
            var vectors = LedgerVectors.All.Values.Where(recorded => $"`{recorded.Kind}`" == row[1]).ToList();
            Assert.Contains(row[2].Trim('`'), vectors.Select(Template));
            Assert.Equal(vectors.SelectMany(recorded => recorded.Details.Keys).Distinct().Order(StringComparer.Ordinal), Names(row[4]).Order(StringComparer.Ordinal));
        });
    }

    /// <summary>The event id with the words of the document for what it is made of.</summary>
    private static string Template(LedgerEvent recorded)
    {
        var id = recorded.EventId.Replace(recorded.CorrelationId, "OPERATION", StringComparison.Ordinal);
        var part = id[(id.IndexOf(recorded.Kind, StringComparison.Ordinal) + recorded.Kind.Length)..].TrimStart('/');
        var word = part switch
        {
            "" => "",
            _ when part == recorded.Details.GetValueOrDefault("mac") => "MAC",
            _ when part == recorded.Details.GetValueOrDefault("branch") => "BRANCH",
            _ when recorded.Subject.EndsWith(part, StringComparison.Ordinal) => "VERSION",
            _ => part,
        };
        return part.Length == 0 ? id : id[..^part.Length] + word;
    }

    /// <summary>The names in a cell; what stands in brackets are values.</summary>
    private static IEnumerable<string> Names(string cell) => InBackticks().Matches(InBrackets().Replace(cell, string.Empty)).Select(match => match.Groups[1].Value);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ByokFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InBackticks();

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex InBrackets();
}
