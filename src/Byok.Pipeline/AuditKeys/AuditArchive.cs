using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Byok.Core.Errors;
using Byok.Storage;

namespace Byok.Pipeline.AuditKeys;

/// <summary>
/// The reports in the audits container: <c>audit-20300101T000000Z.json</c> and <c>.html</c>, and the newest again as <c>latest.json</c> and
/// <c>latest.html</c>. The JSON blob's metadata holds the figures that the history shows, so that listing is enough to read them.
/// </summary>
public sealed class AuditArchive(StorageAccount storage)
{
    /// <summary>Earlier audits that a report shows.</summary>
    public const int HistoryLength = 10;

    /// <summary>The name under which the newest report is kept again.</summary>
    public const string Latest = "latest";

    private const string Prefix = "audit-";
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    /// <summary>How reports are written.</summary>
    public static JsonSerializerOptions JsonOptions { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The name of a report, from when its audit began.</summary>
    public static string NameFor(DateTimeOffset startedOn) => Prefix + startedOn.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>The newest audits, newest first.</summary>
    public async Task<IReadOnlyList<PastAudit>> ListAsync(CancellationToken cancellationToken)
    {
        // Names sort by time, so the last of the listing are the newest.
        var newest = new Queue<PastAudit>();
        await foreach (var (name, figures) in storage.Audits.ListAsync(Prefix, cancellationToken).ConfigureAwait(false))
        {
            if (name.EndsWith(".json", StringComparison.Ordinal) && Parse(name[..^".json".Length], figures) is { } audit)
            {
                newest.Enqueue(audit);
                if (newest.Count > HistoryLength)
                {
                    newest.Dequeue();
                }
            }
        }

        return [.. newest.Reverse()];
    }

    /// <summary>Stores a report. Storing it again replaces it.</summary>
    public async Task PutAsync(AuditReport report, string page, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        var json = BinaryData.FromObjectAsJson(report, JsonOptions);
        var html = BinaryData.FromString(page);
        var figures = new Dictionary<string, string>
        {
            ["verdict"] = report.Verdict.ToString(),
            ["criticals"] = $"{report.Criticals}",
            ["warnings"] = $"{report.Warnings}",
            ["blobs"] = $"{report.Blobs}",
            ["ledger_entries"] = $"{report.Ledger.Entries}",
            ["ledger_hash"] = report.Ledger.LastHash.Length > 0 ? report.Ledger.LastHash : "none",
        };
        foreach (var name in new[] { report.Name, Latest })
        {
            await storage.Audits.PutAsync($"{name}.html", html, "text/html; charset=utf-8", null, cancellationToken).ConfigureAwait(false);
            await storage.Audits.PutAsync($"{name}.json", json, "application/json", figures, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A stored page.</summary>
    /// <param name="name">The report's name.</param>
    /// <exception cref="BlobNotFoundException">There is none of that name.</exception>
    public async Task<string> ReadPageAsync(string name, CancellationToken cancellationToken) =>
        (await storage.Audits.ReadAsync($"{name}.html", cancellationToken).ConfigureAwait(false)).Content.ToString();

    /// <summary>A stored report.</summary>
    /// <param name="name">The report's name.</param>
    /// <exception cref="BlobNotFoundException">There is none of that name.</exception>
    /// <exception cref="IntegrityException">What is stored there is no report: somebody else wrote it.</exception>
    public async Task<AuditReport> ReadReportAsync(string name, CancellationToken cancellationToken)
    {
        var (stored, _) = await storage.Audits.ReadAsync($"{name}.json", cancellationToken).ConfigureAwait(false);
        try
        {
            return stored.ToObjectFromJson<AuditReport>(JsonOptions) ?? throw new JsonException("The report is null.");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new IntegrityException($"'{storage.Audits.SubjectOf(name)}.json' is not an audit report as the pipeline writes it; run another audit.", exception);
        }
    }

    private static PastAudit? Parse(string name, IReadOnlyDictionary<string, string> figures) =>
        DateTimeOffset.TryParseExact(name[Prefix.Length..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var startedOn)
            && Enum.TryParse<Verdict>(figures.GetValueOrDefault("verdict"), out var verdict)
                ? new PastAudit(
                    name, startedOn, verdict, Number(figures, "criticals"), Number(figures, "warnings"), Number(figures, "blobs"),
                    Number(figures, "ledger_entries"), figures.GetValueOrDefault("ledger_hash", string.Empty))
                : null;

    private static long Number(IReadOnlyDictionary<string, string> figures, string name) =>
        figures.TryGetValue(name, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
