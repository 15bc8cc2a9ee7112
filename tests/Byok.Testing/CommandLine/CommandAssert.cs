namespace Byok.Testing.CommandLine;

/// <summary>What every failure has to look like.</summary>
public static class CommandAssert
{
    /// <summary>The exit code of the contract, one clear sentence on stderr, nothing on stdout but what <c>--json</c> asks for, and no stack trace.</summary>
    public static void Failed(int exitCode, string saying, CommandResult result)
    {
        Assert.True(result.ExitCode == exitCode, $"Expected exit code {exitCode}, got {result}");
        Assert.StartsWith("byok: ", result.Sentence, StringComparison.Ordinal);
        Assert.Contains(saying, result.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith("byok: ", StringComparison.Ordinal));
    }
}
