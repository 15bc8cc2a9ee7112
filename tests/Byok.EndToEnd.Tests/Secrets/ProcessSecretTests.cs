using System.Text;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>PINs and access keys are not in what other processes may see of ours: environment, command line, temporary files.</summary>
public sealed class ProcessSecretTests(StackFixture stack) : IClassFixture<StackFixture>
{
    [Fact]
    public async Task Processes_WhileTheyWork_ShowNoSecret()
    {
        var tokens = Path.Combine(stack.Byok.Home, "tokens");
        var secrets = Directory.GetFiles(tokens, "*", SearchOption.AllDirectories)
            .Where(path => path.EndsWith("pin", StringComparison.Ordinal) || path.Contains("/relay/", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(tokens, path), path => Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim()));
        Assert.True(secrets.Count >= 5);
        var marker = $"planted plaintext {Guid.NewGuid():N}";
        secrets["plaintext"] = Encoding.UTF8.GetBytes(marker);
        var temporary = Directory.CreateDirectory(stack.Byok.ScratchFile("tmp")).FullName;
        var file = stack.Byok.ScratchFile("marked.txt");
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat(marker + "\n", 400_000)));

        // Without the runtime's diagnostic pipes, which stand in the same folder and cannot be read to their end.
        using var server = stack.Byok.Start(["env", $"TMPDIR={temporary}", "DOTNET_EnableDiagnostics=0"], ["serve"]);
        using var command = stack.Byok.Start(["env", $"TMPDIR={temporary}", "DOTNET_EnableDiagnostics=0"], ["blob", "encrypt", file, "--name", "marked"]);
        var seen = new Dictionary<string, byte[]>();
        while (!command.HasEnded)
        {
            foreach (var (name, content) in Processes())
            {
                seen[name] = content;
            }

            foreach (var path in Directory.GetFiles(temporary, "*", SearchOption.AllDirectories))
            {
                Read(path, path, seen);
            }

            await Task.Delay(20);
        }

        Assert.Equal(0, (await command.WaitAsync()).ExitCode);
        server.Kill();
        await server.WaitAsync();

        // The search saw the processes of this very stack: the command, the emulator, the agent.
        var home = Encoding.UTF8.GetBytes(stack.Byok.Home);
        Assert.True(seen.Count(item => item.Value.AsSpan().IndexOf(home) >= 0) >= 4, string.Join('\n', seen.Keys));
        var hits = seen.SelectMany(item => secrets.SelectMany(secret => SecretSearch.Find(secret.Value, item.Value).Select(form => $"{item.Key}: {secret.Key} as {form}")));
        Assert.Empty(hits);
    }

    private static Dictionary<string, byte[]> Processes()
    {
        var found = new Dictionary<string, byte[]>();
        foreach (var folder in Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)))
        {
            foreach (var file in new[] { "environ", "cmdline" })
            {
                Read($"{folder}/{file}", $"{folder}/{file}", found);
            }
        }

        return found;
    }

    private static void Read(string path, string name, Dictionary<string, byte[]> found)
    {
        try
        {
            found[name] = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or somebody else's.
        }
    }
}
