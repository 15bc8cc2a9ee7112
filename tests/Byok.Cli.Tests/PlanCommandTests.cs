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
        Assert.Equal(["initial encryption", "rotation", "restore after a purge"], operations.Select(operation => operation.GetProperty("operation").GetString()));
        Assert.Equal("unwraps by the vault, RSA-3072", operations[1].GetProperty("limitedBy").GetString());
        Assert.Equal(20_000, operations[1].GetProperty("seconds").GetDouble());
        Assert.All(operations, operation => Assert.Contains(
            operation.GetProperty("limits").EnumerateArray(), limit => limit.GetProperty("source").GetString()?.StartsWith("https://learn.microsoft.com/", StringComparison.Ordinal) == true));
    }

    [Fact]
    public async Task Plan_Text_SaysTimeAndLimit()
    {
        var (code, output, _) = await RunAsync("plan", "--blobs", "1000000", "--bytes", "4096000000");

        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("rotation: 5 h 33 min, limited by unwraps by the vault, RSA-3072", output, StringComparison.Ordinal);
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
