using System.Text;
using Azure.Storage.Blobs.Models;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Secrets;

/// <summary>Known secrets are planted (PINs, plaintext), the stack does its work, and then they are looked for everywhere but where they belong.</summary>
public sealed class SecretTests(StackFixture stack) : IClassFixture<StackFixture>
{
    [Fact]
    public async Task Everything_AfterRealWork_HoldsNoPlantedSecret()
    {
        var marker = $"planted plaintext {Guid.NewGuid():N}";
        var file = stack.Byok.ScratchFile("marked.txt");
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat(marker + "\n", 200_000)));
        var said = new StringBuilder();
        string[][] commands =
        [
            ["key", "bring", "another", "--size", "2048"], ["blob", "encrypt", file, "--name", "marked"], ["blob", "inspect", "marked", "--json"],
            ["blob", "verify", "marked"], ["blob", "list", "--json"], ["key", "list", "--json"], ["status", "--json"], ["blob", "decrypt", "marked", "-o", file + ".out"],
            ["blob", "encrypt", file, "--name", "marked"], ["key", "bring", "another"],
        ];
        foreach (var command in commands)
        {
            var result = await stack.Byok.RunAsync(command);
            said.Append(result.Output).Append(result.Error);
        }

        var tokens = Path.Combine(stack.Byok.Home, "tokens");
        var secretFiles = SecretFiles();
        Assert.Equal(4, secretFiles.Count(path => path.EndsWith("pin", StringComparison.Ordinal)));
        Assert.Contains(secretFiles, path => path.Contains("/relay/", StringComparison.Ordinal));
        var secrets = secretFiles.ToDictionary(path => Path.GetRelativePath(tokens, path), path => Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim()));
        Assert.All(secrets.Values, secret => Assert.InRange(secret.Length, 16, 4096));
        secrets["plaintext"] = Encoding.UTF8.GetBytes(marker);

        // The search finds what is there: PINs and access keys in their files, the plaintext in its own.
        var found = SecretSearch.FindInFolder(secrets, tokens, secretFiles.Contains).ToList();
        Assert.All(secretFiles, path => Assert.Contains($"{Path.GetRelativePath(tokens, path)}: {Path.GetRelativePath(tokens, path)} as bytes", found));
        Assert.Contains(SecretSearch.FindInFolder(secrets, stack.Byok.Scratch, path => path == file), hit => hit.EndsWith("plaintext as bytes", StringComparison.Ordinal));

        // Journal, vault's records, logs, notes. The emulator keeps deleted data on its disk for a while, so of it only what it still serves counts.
        Assert.True(File.Exists(Path.Combine(stack.Byok.Home, "journal.db")));
        Assert.Empty(SecretSearch.FindInFolder(
            secrets, stack.Byok.Home, path => !path.StartsWith(tokens, StringComparison.Ordinal) && !path.Contains("/azurite/__blobstorage__/", StringComparison.Ordinal)));
        Assert.All(secrets, secret => Assert.Empty(SecretSearch.Find(secret.Value, Encoding.UTF8.GetBytes(said.ToString()))));
        var served = await ReadServedAsync();
        Assert.Contains(served, blob => blob.Key == "protected/marked");
        Assert.Contains(served, blob => blob.Key.StartsWith("ledger/", StringComparison.Ordinal));
        Assert.All(served, blob => Assert.All(secrets, secret => Assert.True(!SecretSearch.Find(secret.Value, blob.Value).Any(), $"{blob.Key} holds {secret.Key}")));
        Assert.DoesNotContain(served, blob => blob.Key.StartsWith("uploads/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tokens_OnDisk_AreForTheirOwnerOnly()
    {
        await stack.Byok.SucceedAsync("status");
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute;

        Assert.NotEmpty(SecretFiles());
        Assert.All(SecretFiles(), path => Assert.True((File.GetUnixFileMode(path) & others) == UnixFileMode.None, path));
    }

    /// <summary>PINs and the relay's access keys. The rest of the folder is SoftHSM's, which encrypts it under the PINs.</summary>
    private List<string> SecretFiles() =>
        [.. Directory.GetFiles(Path.Combine(stack.Byok.Home, "tokens"), "*", SearchOption.AllDirectories)
            .Where(path => path.EndsWith("pin", StringComparison.Ordinal) || path.Contains("/relay/", StringComparison.Ordinal))];

    /// <summary>Everything that the service gives out: content, names and metadata, snapshots and uncommitted blobs included.</summary>
    private async Task<Dictionary<string, byte[]>> ReadServedAsync()
    {
        var served = new Dictionary<string, byte[]>();
        await foreach (var container in stack.Service.GetBlobContainersAsync())
        {
            var client = stack.Service.GetBlobContainerClient(container.Name);
            await foreach (var blob in client.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, States = BlobStates.All }))
            {
                var content = (await client.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToArray();
                var metadata = string.Join('\n', blob.Metadata.Select(pair => $"{pair.Key}={pair.Value}"));
                served[$"{container.Name}/{blob.Name}"] = [.. content, .. Encoding.UTF8.GetBytes(metadata)];
            }
        }

        return served;
    }
}
