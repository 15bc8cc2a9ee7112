using Byok.Cli.Files;
using Byok.Local.Stack;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>What a user does with blobs, through the built program.</summary>
public sealed class BlobCommandTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private const int ChunkSize = 4 * 1024 * 1024;

    [Theory]
    [InlineData(0L, 0)]
    [InlineData(1L, 1)]
    [InlineData(ChunkSize - 1L, 1)]
    [InlineData((long)ChunkSize, 1)]
    [InlineData(ChunkSize + 1L, 2)]
    [InlineData(70_000_000L, 17)]
    public async Task Encrypt_AnyLength_ComesBack(long length, int chunks)
    {
        var name = $"lengths/{length}";
        var file = stack.Byok.CreateFile($"{length}.bin", length, seed: 7);

        var encrypted = (await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", name, "--json")).Json;
        var inspected = (await stack.Byok.SucceedAsync("blob", "inspect", name, "--json")).Json;
        var verified = (await stack.Byok.SucceedAsync("blob", "verify", name, "--json")).Json;
        var decrypted = (await stack.Byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out", "--json")).Json;

        Assert.Equal(length, encrypted.GetProperty("plaintextLength").GetInt64());
        Assert.Equal(chunks, encrypted.GetProperty("chunks").GetInt64());
        Assert.Equal(chunks, inspected.GetProperty("chunks").GetInt64());
        Assert.Equal("verified", inspected.GetProperty("header").GetString());
        Assert.True(verified.GetProperty("intact").GetBoolean());
        Assert.Equal(file + ".out", decrypted.GetProperty("output").GetString());
        AssertSameFile(file, file + ".out");
        Assert.False(await stack.Uploads.GetBlobClient(name).ExistsAsync(), "The upload, which is plaintext, is still there.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file + ".out"));
    }

    [Theory]
    [InlineData("übergröße/straße.txt")]
    [InlineData("with space/and  two")]
    [InlineData("100%25 of a%2Fb%")]
    [InlineData("what?is=this&that")]
    [InlineData("a#fragment")]
    [InlineData("it's \"quoted\" `so` $HOME")]
    [InlineData("emoji/🔑🗝️.bin")]
    [InlineData("[red]markup[/] {0} {{x}}")]
    [InlineData("plus+and+tilde~;,:@=!*()")]
    [InlineData("-starts-with-a-dash/x")]
    [InlineData("…ends in a space ")]
    public async Task Encrypt_NameWithOddCharacters_IsKeptExactly(string name)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 1000, name.Length);

        await stack.Byok.SucceedAsync("blob", "encrypt", file, $"--name={name}");
        await stack.Byok.SucceedAsync("blob", "decrypt", "-o", file + ".out", "--", name);
        var listed = (await stack.Byok.SucceedAsync("blob", "list", "--json")).Json;
        var inspected = await stack.Byok.SucceedAsync("blob", "inspect", "--", name);

        AssertSameFile(file, file + ".out");
        Assert.Contains(listed.EnumerateArray(), row => row.GetProperty("name").GetString() == name);
        Assert.Contains(name.Trim(), inspected.Output, StringComparison.Ordinal);
        Assert.True(await stack.Protected.GetBlobClient(name).ExistsAsync());
    }

    [Theory]
    [InlineData("back\\slash")]
    [InlineData("a/../b")]
    [InlineData("..")]
    [InlineData("a/./b")]
    public async Task Encrypt_NameThatIsNotAllowed_IsRefusedAsUsage(string name)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 10);

        var encrypt = await stack.Byok.RunAsync("blob", "encrypt", file, $"--name={name}");
        var decrypt = await stack.Byok.RunAsync("blob", "decrypt", "-o", file + ".out", "--", name);

        AssertFailed(2, "cannot name a blob", encrypt);
        AssertFailed(2, "cannot name a blob", decrypt);
    }

    [Theory]
    [InlineData("/rooted")]
    [InlineData("folder/")]
    [InlineData("a//b")]
    [InlineData("ends-in-a-dot.")]
    [InlineData("two\nlines")]
    [InlineData("tab\there")]
    public async Task Encrypt_NameThatOnlyOthersGive_IsRefused_AndReadWhereItIs(string name)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 10);

        AssertFailed(2, "cannot name a blob", await stack.Byok.RunAsync("blob", "encrypt", file, $"--name={name}"));
        AssertFailed(1, "does not exist", await stack.Byok.RunAsync("blob", "decrypt", "-o", file + ".out", "--", name));
        AssertFailed(1, "does not exist", await stack.Byok.RunAsync("blob", "verify", "--", name));
        AssertFailed(1, "does not exist", await stack.Byok.RunAsync("blob", "inspect", "--", name));
    }

    [Theory]
    [InlineData(1024, 0)]
    [InlineData(1025, 2)]
    public async Task Encrypt_NameAtTheLimitOfLength_IsJudgedByIt(int length, int exitCode)
    {
        var file = stack.Byok.CreateFile($"{Guid.NewGuid():N}.bin", 10);
        var name = string.Concat(Enumerable.Repeat("0123456789abcde/", 64))[..1023] + new string('z', length - 1023);

        var result = await stack.Byok.RunAsync("blob", "encrypt", file, "--name", name);

        Assert.True(result.ExitCode == exitCode, result.ToString());
        if (exitCode != 0)
        {
            AssertFailed(exitCode, "1024 are allowed", result);
        }
    }

    [Fact]
    public async Task Encrypt_NoNameGiven_TakesTheFilesName()
    {
        var file = stack.Byok.CreateFile("my report.txt", 10);

        await stack.Byok.SucceedAsync("blob", "encrypt", file);

        Assert.True(await stack.Protected.GetBlobClient("my report.txt").ExistsAsync());
    }

    [Fact]
    public async Task Encrypt_BlobIsThereAlready_IsRefusedAndNothingChanges()
    {
        var first = await stack.EncryptAsync("taken", 1000, seed: 1);
        var second = stack.Byok.CreateFile("second.bin", 1000, seed: 2);
        var before = (await stack.Protected.GetBlobClient("taken").GetPropertiesAsync()).Value.ETag;

        var result = await stack.Byok.RunAsync("blob", "encrypt", second, "--name", "taken");

        AssertFailed(1, "already there", result);
        Assert.Equal(before, (await stack.Protected.GetBlobClient("taken").GetPropertiesAsync()).Value.ETag);
        Assert.False(await stack.Uploads.GetBlobClient("taken").ExistsAsync());
        await stack.Byok.SucceedAsync("blob", "decrypt", "taken", "-o", first + ".out");
        AssertSameFile(first, first + ".out");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(ChunkSize + 1)]
    public async Task Encrypt_KilledBeforeItsNoteAndProtectedByATrigger_IsToldOfTheSuccess(int length)
    {
        // What a kill leaves when it falls between the upload and the note of it, and a server protects that upload before the command is given again.
        var name = $"noted/{length}";
        var file = await stack.EncryptAsync(name, length);
        LeaveNote(name, file);
        var before = (await stack.Protected.GetBlobClient(name).GetPropertiesAsync()).Value.ETag;

        var result = (await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", name, "--json")).Json;

        Assert.Equal(before.ToString(), result.GetProperty("etag").GetString());
        Assert.Equal(length, result.GetProperty("plaintextLength").GetInt64());
        Assert.Equal(before, (await stack.Protected.GetBlobClient(name).GetPropertiesAsync()).Value.ETag);
        AssertFailed(1, "already there", await stack.Byok.RunAsync("blob", "encrypt", file, "--name", name)); // the note is gone
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    public async Task Encrypt_KilledBeforeItsNoteAndOtherBytesThere_IsRefused(int length)
    {
        var name = $"others/{length}";
        await stack.EncryptAsync(name, 1000, seed: 1);
        var file = stack.Byok.CreateFile($"others-{length}.bin", length, seed: 2);
        LeaveNote(name, file);
        var before = (await stack.Protected.GetBlobClient(name).GetPropertiesAsync()).Value.ETag;

        var result = await stack.Byok.RunAsync("blob", "encrypt", file, "--name", name);

        AssertFailed(1, "already there", result);
        Assert.Equal(before, (await stack.Protected.GetBlobClient(name).GetPropertiesAsync()).Value.ETag);
        Assert.False(await stack.Uploads.GetBlobClient(name).ExistsAsync());
    }

    [Fact]
    public async Task Encrypt_Overwrite_ReplacesTheBlob()
    {
        await stack.EncryptAsync("replaced", 1000, seed: 1);
        var second = stack.Byok.CreateFile("replacement.bin", 2000, seed: 2);

        await stack.Byok.SucceedAsync("blob", "encrypt", second, "--name", "replaced", "--overwrite");

        await stack.Byok.SucceedAsync("blob", "decrypt", "replaced", "-o", second + ".out");
        AssertSameFile(second, second + ".out");
    }

    [Fact]
    public async Task Encrypt_ThreeAtOnce_AllComeBack()
    {
        var files = Enumerable.Range(0, 3).Select(i => stack.Byok.CreateFile($"at-once-{i}.bin", 100_000, seed: i)).ToList();

        var results = await Task.WhenAll(files.Select(file => stack.Byok.RunAsync("blob", "encrypt", file)));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        foreach (var file in files)
        {
            await stack.Byok.SucceedAsync("blob", "decrypt", Path.GetFileName(file), "-o", file + ".out");
            AssertSameFile(file, file + ".out");
        }
    }

    [Fact]
    public async Task Encrypt_KeyThatIsNotThere_EndsWithKeyUnavailable()
    {
        var file = stack.Byok.CreateFile("no-such-key.bin", 10);

        AssertFailed(3, "no-such-key", await stack.Byok.RunAsync("blob", "encrypt", file, "--key", "no-such-key"));
        AssertFailed(2, "not a key name", await stack.Byok.RunAsync("blob", "encrypt", file, "--key", "no such key"));
    }

    [Fact]
    public async Task Decrypt_FileIsThereAlready_IsReplacedOnlyOnSuccess()
    {
        var file = await stack.EncryptAsync("to-replace", 1000);
        var output = stack.Byok.ScratchFile("existing.txt");
        await File.WriteAllTextAsync(output, "what was there before");

        AssertFailed(1, "no-such-blob", await stack.Byok.RunAsync("blob", "decrypt", "no-such-blob", "-o", output));
        Assert.Equal("what was there before", await File.ReadAllTextAsync(output));

        await stack.Byok.SucceedAsync("blob", "decrypt", "to-replace", "-o", output);
        AssertSameFile(file, output);
    }

    [Fact]
    public async Task Decrypt_ThroughALink_WritesWhereItPoints()
    {
        var file = await stack.EncryptAsync("linked", 1000);
        var target = stack.Byok.ScratchFile("link-target.txt");
        await File.WriteAllTextAsync(target, "before");
        File.CreateSymbolicLink(stack.Byok.ScratchFile("link.txt"), target);

        await stack.Byok.SucceedAsync("blob", "decrypt", "linked", "-o", stack.Byok.ScratchFile("link.txt"));

        AssertSameFile(file, target);
        Assert.NotNull(new FileInfo(stack.Byok.ScratchFile("link.txt")).LinkTarget);
    }

    [Fact]
    public async Task Decrypt_SeveralToOneFile_LeaveOneWholeFile()
    {
        const int length = 9_000_000;
        var files = new List<string> { await stack.EncryptAsync("racer-1", length, seed: 1), await stack.EncryptAsync("racer-2", length, seed: 2) };
        var output = stack.Byok.ScratchFile("raced.bin");

        var results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(i => stack.Byok.RunAsync("blob", "decrypt", $"racer-{1 + (i % 2)}", "-o", output)));

        Assert.All(results, result => Assert.True(result.ExitCode == 0, result.ToString()));
        var bytes = await File.ReadAllBytesAsync(output);
        Assert.Contains(files, file => File.ReadAllBytes(file).AsSpan().SequenceEqual(bytes));
        Assert.Empty(ByokHome.Beside(output));
    }

    [Fact]
    public async Task Verify_BlobRenamedOnPurpose_TakesAnExplicitOption()
    {
        var file = await stack.EncryptAsync("original-name", 1000);
        await CopyAsync("original-name", "another-name");

        AssertFailed(4, "another-name", await stack.Byok.RunAsync("blob", "verify", "another-name"));
        AssertFailed(4, "another-name", await stack.Byok.RunAsync("blob", "inspect", "another-name"));
        await stack.Byok.SucceedAsync("blob", "verify", "another-name", "--allow-renamed");
        await stack.Byok.SucceedAsync("blob", "decrypt", "another-name", "--allow-renamed", "-o", file + ".out");
        AssertSameFile(file, file + ".out");
    }

    [Fact]
    public async Task Inspect_Json_NamesTheKeyHierarchy()
    {
        await stack.EncryptAsync("inspected", ChunkSize + 5);

        var json = (await stack.Byok.SucceedAsync("blob", "inspect", "inspected", "--json")).Json;
        var keys = (await stack.Byok.SucceedAsync("key", "list", StackFixture.Key, "--json")).Json;
        var text = (await stack.Byok.SucceedAsync("blob", "inspect", "inspected")).Output;

        var wrappingKey = json.GetProperty("wrappingKey");
        Assert.Equal(keys[0].GetProperty("id").GetString(), wrappingKey.GetProperty("id").GetString());
        Assert.Equal(keys[0].GetProperty("thumbprint").GetString(), wrappingKey.GetProperty("thumbprint").GetString());
        Assert.Equal(2, json.GetProperty("chunks").GetInt64());
        Assert.Equal("metadata", json.GetProperty("table").GetProperty("place").GetString());
        var branch = json.GetProperty("branch");
        Assert.Equal(keys[0].GetProperty("branch").GetString(), branch.GetProperty("name").GetString());
        Assert.Equal("current", branch.GetProperty("state").GetString());
        Assert.Equal("RSA-OAEP-256", branch.GetProperty("algorithm").GetString());
        Assert.Equal(256, branch.GetProperty("lengthInBytes").GetInt32());
        Assert.Equal(wrappingKey.GetProperty("id").GetString(), branch.GetProperty("copyIsBy").GetString());
        Assert.Equal(60, json.GetProperty("sealedDek").GetProperty("lengthInBytes").GetInt32());

        // Each layer is drawn below and to the right of the one that protects it.
        var layers = new[] { "master key", "wrapping key", "branch key", "DEK", "BEKs", "chunks" }
            .Select(layer => text.Split('\n').Select((line, number) => (Line: number, Column: line.IndexOf(layer + " ", StringComparison.Ordinal))).First(place => place.Column >= 0)).ToList();
        Assert.Equal(layers.OrderBy(place => place.Line), layers);
        Assert.Equal(layers.OrderBy(place => place.Column), layers);
        Assert.Contains(branch.GetProperty("name").GetString()!, text, StringComparison.Ordinal);
    }

    private async Task CopyAsync(string from, string to)
    {
        var content = (await stack.Protected.GetBlobClient(from).DownloadContentAsync()).Value;
        await stack.Protected.GetBlobClient(to).UploadAsync(content.Content, new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = content.Details.Metadata });
    }

    private void LeaveNote(string name, string file)
    {
        using var source = File.OpenRead(file);
        using var intent = UploadIntent.Begin(new StackPaths(stack.Byok.Home), name, file, source);
        Assert.False(intent.IsResumed);
    }

    private static void AssertSameFile(string expected, string actual)
    {
        using var left = File.OpenRead(expected);
        using var right = File.OpenRead(actual);
        Assert.Equal(left.Length, right.Length);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(left), System.Security.Cryptography.SHA256.HashData(right));
    }

    private static void AssertFailed(int exitCode, string saying, CommandResult result) => CommandAssert.Failed(exitCode, saying, result);
}
