using System.Text.Json;
using Byok.Cli.Output;
using Byok.Core.Text;

namespace Byok.Cli.Tests;

/// <summary><c>byok plan</c>, which needs no stack: run in this process.</summary>
public sealed class PlanCommandTests
{
    [Fact]
    public async Task Plan_Json_NamesLimitsAndTheirSources()
    {
        var (code, output, error) = await RunAsync("plan", "--blobs", "1000000", "--bytes", "20TiB", "--key-size", "3072", "--workers", "20", "--json");

        Assert.Equal((ExitCodes.Done, string.Empty), (code, error));
        var operations = JsonDocument.Parse(output).RootElement.GetProperty("operations").EnumerateArray().ToList();
        Assert.Equal(["initial encryption", "rotation", "retiring a branch", "restore after a purge"], operations.Select(operation => operation.GetProperty("operation").GetString()));
        Assert.Equal("activities of one orchestration in a row", operations[1].GetProperty("limitedBy").GetString());
        Assert.InRange(operations[1].GetProperty("seconds").GetDouble(), 0.1, 5); // as for ten blobs
        Assert.Equal("DEKs sealed anew, 16 at a time", operations[2].GetProperty("limitedBy").GetString());
        Assert.Equal(3_750, operations[2].GetProperty("seconds").GetDouble(), 0.1);
        Assert.All(operations, operation => Assert.Contains(
            operation.GetProperty("limits").EnumerateArray(), limit => limit.GetProperty("source").GetString()?.StartsWith("https://learn.microsoft.com/", StringComparison.Ordinal) == true));
    }

    [Fact]
    public async Task Plan_Text_SaysTimeAndLimit()
    {
        var (code, output, _) = await RunAsync("plan", "--blobs", "1000000", "--bytes", "4096000000");

        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("rotation: 2.4 s, limited by activities of one orchestration in a row", output, StringComparison.Ordinal);
        Assert.Contains("retiring a branch: 1 h 2 min, limited by DEKs sealed anew, 16 at a time", output, StringComparison.Ordinal);
        Assert.Contains("https://learn.microsoft.com/azure/key-vault/general/service-limits", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--blobs", "10")]
    [InlineData("--blobs", "10", "--bytes", "many")]
    [InlineData("--blobs", "0", "--bytes", "10")]
    [InlineData("--blobs", "1", "--bytes", "10", "--key-size", "1024")]
    [InlineData("--blobs", "1", "--bytes", "5TiB")]
    public async Task Plan_Nonsense_EndsWithTwo(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(["plan", .. arguments]);

        Assert.Equal((ExitCodes.Usage, string.Empty), (code, output));
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("500000", 500_000)]
    [InlineData("1KiB", 1024)]
    [InlineData("1.5 mib", 1_572_864)]
    [InlineData("3TiB", 3_298_534_883_328)]
    public void TryParseBytes_Number_IsRead(string text, long bytes)
    {
        Assert.True(Units.TryParseBytes(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("KiB")]
    [InlineData("1 PB")]
    [InlineData("9999999999TiB")]
    [InlineData("99999999999999999999")]
    public void TryParseBytes_Anything_IsRefused(string text) => Assert.False(Units.TryParseBytes(text, out _));

    [Theory]
    [InlineData(0, "branch", "0 branches")]
    [InlineData(1, "branch", "1 branch")]
    [InlineData(2, "branch", "2 branches")]
    [InlineData(1, "entry", "1 entry")]
    [InlineData(1_000, "entry", "1,000 entries")]
    [InlineData(3, "old version", "3 old versions")]
    public void Count_Noun_IsInItsForm(long count, string noun, string text) => Assert.Equal(text, Units.Count(count, noun));

    [Theory]
    [InlineData(0.4, "less than 1 s")]
    [InlineData(59.5, "59.5 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(20_000, "5 h 33 min")]
    [InlineData(90_000, "1 d 1 h")]
    public void Duration_Seconds_AreReadable(double seconds, string text) => Assert.Equal(text, Units.Duration(TimeSpan.FromSeconds(seconds)));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
