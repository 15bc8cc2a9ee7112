using Azure.Storage.Blobs.Specialized;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Audit and ledger, through the built program.</summary>
[Collection(LifeCollection.Name)]
public sealed class AuditCommandTests(StackFixture stack)
{
    [Fact]
    public async Task Audit_PlantedFault_IsInReportAndPage()
    {
        var raw = stack.Protected.Client.GetBlobClient("<b>raw</b>");
        await raw.UploadAsync(BinaryData.FromString("plain"), overwrite: true);
        var page = stack.Byok.ScratchFile("report.html");

        var audited = await stack.Byok.SucceedAsync("audit", "--html", page, "--scrub", "100", "--json");
        var shown = await stack.Byok.SucceedAsync("audit");
        await raw.DeleteAsync();

        var finding = Assert.Single(audited.Json.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("code").GetString() == "blob-unencrypted");
        Assert.Equal("<b>raw</b>", finding.GetProperty("object").GetString());
        Assert.Equal("danger", audited.Json.GetProperty("verdict").GetString());
        var html = await File.ReadAllTextAsync(page);
        Assert.Contains("&lt;b&gt;raw&lt;/b&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>raw</b>", html, StringComparison.Ordinal);
        Assert.Contains("act now", shown.Output, StringComparison.Ordinal);
        Assert.Contains("<b>raw</b>", shown.Output, StringComparison.Ordinal);
        CommandAssert.Failed(2, "is a folder", await stack.Byok.RunAsync("audit", "--html", stack.Byok.Scratch));
        var nowhere = await stack.Byok.RunAsync("audit", "--html", stack.Byok.ScratchFile("no/such/folder/report.html"));
        CommandAssert.Failed(1, "folder does not exist", nowhere);
        Assert.DoesNotContain("looking at", nowhere.Error, StringComparison.Ordinal); // known before the audit, not after it
    }

    [Fact]
    public async Task Ledger_OfAKey_TellsItsEventsAndAnAlterationIsRefused()
    {
        await stack.Byok.SucceedAsync("key", "bring", "recorded", "--size", "2048");

        var entries = (await stack.Byok.SucceedAsync("ledger", "show", "--operation", "bring-recorded-", "--json")).Json.EnumerateArray().ToList();
        var intact = (await stack.Byok.SucceedAsync("ledger", "verify", "--json")).Json;

        var kinds = entries.Select(entry => entry.GetProperty("event").GetProperty("kind").GetString()).ToList();
        Assert.Equal(["kek.created", "key.exported", "key.imported", "key.activated", "kek.retired"], kinds);
        Assert.Single(entries.Select(entry => entry.GetProperty("event").GetProperty("correlationId").GetString()).Distinct());
        Assert.True(intact.GetProperty("intact").GetBoolean());
        Assert.True(intact.GetProperty("entries").GetInt64() >= entries.Count);
        CommandAssert.Failed(2, "at least 1", await stack.Byok.RunAsync("ledger", "show", "--last", "0"));

        var ledger = stack.Service.GetBlobContainerClient("ledger").GetAppendBlobClient("ledger-00000001.jsonl");
        var content = (await ledger.DownloadContentAsync()).Value.Content.ToString();
        await WriteAsync(ledger, content.Replace("bring-recorded-", "bring-otherwise-", StringComparison.Ordinal));
        try
        {
            CommandAssert.Failed(4, "was altered", await stack.Byok.RunAsync("ledger", "verify"));
            CommandAssert.Failed(4, "was altered", await stack.Byok.RunAsync("ledger", "show"));
            var report = (await stack.Byok.SucceedAsync("audit", "--json")).Json;
            Assert.False(report.GetProperty("ledger").GetProperty("isIntact").GetBoolean());
        }
        finally
        {
            await WriteAsync(ledger, content);
        }

        await stack.Byok.SucceedAsync("ledger", "verify");
    }

    private static async Task WriteAsync(AppendBlobClient ledger, string content)
    {
        await ledger.CreateAsync();
        await ledger.AppendBlockAsync(BinaryData.FromString(content).ToStream());
    }
}
