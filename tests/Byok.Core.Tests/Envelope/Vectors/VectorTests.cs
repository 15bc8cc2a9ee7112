using System.Diagnostics;
using System.Text.Json;
using Byok.Core.Errors;

namespace Byok.Core.Tests.Envelope.Vectors;

/// <summary>
/// The files of <c>tests/vectors/envelope</c>: made anew byte for byte, read by this implementation, and read by the independent one
/// in JavaScript. With <c>BYOK_WRITE_VECTORS=1</c> in the environment the files are written instead of compared.
/// </summary>
public sealed class VectorTests
{
    private static readonly bool Writing = Environment.GetEnvironmentVariable("BYOK_WRITE_VECTORS") == "1";

    private static IEnumerable<string> Files => Directory.GetFiles(TestKeys.VectorFolder, "*.json").Order(StringComparer.Ordinal);

    [Fact]
    public void Scenarios_BuiltAnew_AreTheFiles()
    {
        if (Writing && !File.Exists(WrappedBranches.FilePath))
        {
            WrappedBranches.Write();
        }

        var scenarios = new Scenarios(WrappedBranches.Read()).Build();
        if (Writing)
        {
            foreach (var (name, vector) in scenarios)
            {
                File.WriteAllText(Path.Combine(TestKeys.VectorFolder, $"{name}.json"), vector.ToJson());
            }
        }

        Assert.Equal(scenarios.Keys, Files.Select(Path.GetFileNameWithoutExtension));
        Assert.All(scenarios, scenario =>
            Assert.Equal(File.ReadAllText(Path.Combine(TestKeys.VectorFolder, $"{scenario.Key}.json")), scenario.Value.ToJson()));
    }

    [Fact]
    public async Task ReadAsync_EveryVector_EndsAsExpected()
    {
        foreach (var file in Files)
        {
            var vector = EnvelopeVector.Read(file);
            Assert.Equal((Path.GetFileName(file), vector.Expected), (Path.GetFileName(file), await OutcomeAsync(vector)));
        }
    }

    [Fact]
    public async Task Decryptor_InJavaScript_AgreesOnEveryVector()
    {
        string[] files = [.. Files];
        var start = new ProcessStartInfo("node", [Path.Combine(TestKeys.VectorFolder, "decrypt.mjs"), TestKeys.KeyFile, .. files])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);

        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(files.Length, lines.Length);
        foreach (var (file, line) in files.Zip(lines))
        {
            var vector = EnvelopeVector.Read(file);
            var result = JsonDocument.Parse(line).RootElement;
            Assert.Equal((Path.GetFileName(file), vector.Expected), (result.GetProperty("file").GetString(), result.GetProperty("outcome").GetString()));
            if (vector.Expected == "good")
            {
                Assert.Equal(vector.Plaintext, result.GetProperty("plaintext").GetBytesFromBase64());
            }
        }
    }

    [Fact]
    public void WorkedExample_InTheFormatText_IsTheVector()
    {
        var text = File.ReadAllText(Path.Combine(TestKeys.VectorFolder, "../../../docs/FORMAT.md"));
        var vector = EnvelopeVector.Read(Path.Combine(TestKeys.VectorFolder, "worked_example.json"));

        Assert.All(vector.Metadata, field => Assert.Contains($"{field.Key}: {field.Value}", text, StringComparison.Ordinal));
        Assert.Contains(Convert.ToHexStringLower(vector.Content), text.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task<string> OutcomeAsync(EnvelopeVector vector)
    {
        try
        {
            var plaintext = await new TestBlob(vector.Metadata, vector.Content).ReadAsync(vector.Reader(), vector.AllowRenamed, vector.Blob);
            return plaintext.AsSpan().SequenceEqual(vector.Plaintext) ? "good" : "other plaintext";
        }
        catch (PermanentByokException exception)
        {
            return exception switch
            {
                IntegrityException or EarlierBuildException => "integrity",
                KeyUnavailableException => "key-unavailable",
                UnsupportedEnvelopeVersionException => "unsupported-version",
                MalformedEnvelopeException => "malformed",
                _ => exception.GetType().Name,
            };
        }
    }
}
