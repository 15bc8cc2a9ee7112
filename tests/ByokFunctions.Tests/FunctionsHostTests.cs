using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Azure.Storage.Blobs;
using Byok.Relay.HybridConnections;
using Byok.Testing;
using Byok.Testing.CommandLine;

namespace ByokFunctions.Tests;

/// <summary>The command-line contract with <c>byok up --host functions</c>: the real app, in a real Functions host.</summary>
public sealed class FunctionsHostTests
{
    private const string Key = "customer-key";
    private const string SecondKey = "second-key";

    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory); // tests/ByokFunctions.Tests/bin/Release/net10.0

    /// <summary>The repository.</summary>
    internal static string Root { get; } = Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    [FunctionsHostFact]
    public async Task Contract_OnTheFunctionsHost_IsKept()
    {
        await using var byok = new ByokHome(CommandLine());
        var up = (await byok.SucceedAsync("up", "--host", "functions", "--json")).Json;
        Assert.Equal("functions", up.GetProperty("host").GetString());
        Assert.Equal(["azurite", "relay", "agent", "vault", "functions"], (await byok.ProcessesAsync()).Select(process => process.Name));
        CommandAssert.Failed(1, "serves already", await byok.RunAsync("serve"));

        await byok.SucceedAsync("key", "bring", Key, "--size", "2048");
        CommandAssert.Failed(1, "in use already", await byok.RunAsync("key", "bring", Key));
        await AssertDefaultKeyIsKnownAsync(byok);
        var marker = $"planted plaintext {Guid.NewGuid():N}";
        var file = byok.ScratchFile("marked.txt");
        await File.WriteAllTextAsync(file, string.Concat(Enumerable.Repeat(marker + "\n", 100_000)));
        var encrypted = (await byok.SucceedAsync("blob", "encrypt", file, "--name", "a/marked", "--json")).Json;
        Assert.Equal(2, encrypted.GetProperty("chunks").GetInt32());
        CommandAssert.Failed(1, "already there", await byok.RunAsync("blob", "encrypt", file, "--name", "a/marked"));
        await AssertReadableAsync(byok, "a/marked", file);
        await byok.SucceedAsync("key", "rotate", Key, "--deep", "--blob", "a/marked");
        Assert.NotEqual(encrypted.GetProperty("blobId").GetString(), (await byok.SucceedAsync("blob", "inspect", "a/marked", "--json")).Json.GetProperty("blobId").GetString());

        CommandAssert.Failed(3, "nobody", await byok.RunAsync("key", "revoke", "nobody"));
        await byok.SucceedAsync("key", "revoke", Key, "--rehearse");
        await byok.SucceedAsync("key", "revoke", Key);
        CommandAssert.Failed(3, "disabled", await byok.RunAsync("blob", "decrypt", "a/marked", "-o", file + ".out"));
        CommandAssert.Failed(3, Key, await byok.RunAsync("blob", "encrypt", file, "--name", "b"));
        CommandAssert.Failed(1, "already", await byok.RunAsync("key", "revoke", Key));
        await byok.SucceedAsync("key", "restore", Key);
        await AssertReadableAsync(byok, "a/marked", file);
        await AssertPurgedKeyComesBackAsync(byok, file);
        Assert.Equal(4, (await byok.SucceedAsync("audit", "--json")).Json.GetProperty("blobs").GetInt32());
        Assert.True((await byok.SucceedAsync("ledger", "verify", "--json")).Json.GetProperty("intact").GetBoolean());
        await AssertBadInputStartsNothingAsync(up.GetProperty("functions").GetProperty("address").GetString()!);

        var processes = await byok.ProcessesAsync();
        await byok.SucceedAsync("down");
        Assert.All(processes, process => Assert.False(ByokHome.IsAlive(process.Id), process.Name));
        AssertNoSecretInHistory(byok, marker);
    }

    [FunctionsHostFact]
    [Trait("Category", "Long")]
    public async Task Contract_OnTheFunctionsHost_RotatesApprovesAndOutlivesTheApp()
    {
        await using var byok = new ByokHome(CommandLine());
        await byok.SucceedAsync("up", "--host", "functions", "--require-approvals", "1");
        using (var bring = byok.Start("key", "bring", Key, "--size", "2048"))
        {
            var operation = await WaitForOperationAsync(bring);
            await byok.SucceedAsync("approve", operation, "--key", Path.Combine(byok.Home, "tokens", "approvers", "approver-1.pem"), "--yes");
            Assert.Equal(0, (await bring.WaitAsync()).ExitCode);
        }

        await byok.SucceedAsync("up", "--require-approvals", "0");
        var file = byok.CreateFile("file.bin", 80_000_000);
        using (var encrypt = byok.Start("blob", "encrypt", file, "--name", "big"))
        {
            await Task.Delay(TimeSpan.FromSeconds(3));
            ByokHome.Kill((await byok.ProcessesAsync()).Single(process => process.Name == "functions").Id);
            await byok.SucceedAsync("up");
            var result = await encrypt.WaitAsync();
            Assert.True(result.ExitCode == 0, result.ToString());
        }

        await AssertReadableAsync(byok, "big", file);
        foreach (var deep in new[] { Array.Empty<string>(), ["--deep"] })
        {
            var rotated = (await byok.SucceedAsync(["key", "rotate", Key, "--size", "2048", "--json", .. deep])).Json;
            Assert.Equal(1, rotated.GetProperty("disabled").GetArrayLength());
            await AssertReadableAsync(byok, "big", file);
        }

        await byok.SucceedAsync("up", "--host", "embedded");
        Assert.Equal(["azurite", "relay", "agent"], (await byok.ProcessesAsync()).Select(process => process.Name));
        await AssertReadableAsync(byok, "big", file);
    }

    /// <summary>Uploads by another client, which names no key: protected by the first key that was brought, before and after there is a second. No <c>byok up</c> between.</summary>
    private static async Task AssertDefaultKeyIsKnownAsync(ByokHome byok)
    {
        await AssertProtectedByDefaultAsync(byok, "by-another-client");
        var app = (await byok.ProcessesAsync()).Single(process => process.Name == "functions").Id;

        var second = await byok.SucceedAsync("key", "bring", SecondKey, "--size", "2048");

        Assert.Contains($"the others stay with '{Key}'", second.Output, StringComparison.Ordinal);
        await AssertProtectedByDefaultAsync(byok, "by-another-client-too");
        Assert.Equal(app, (await byok.ProcessesAsync()).Single(process => process.Name == "functions").Id);
    }

    private static async Task AssertProtectedByDefaultAsync(ByokHome byok, string name)
    {
        var storage = new BlobServiceClient((await byok.SucceedAsync("status", "--json")).Json.GetProperty("storage").GetProperty("connectionString").GetString());
        var upload = storage.GetBlobContainerClient("uploads").GetBlobClient(name);
        await upload.UploadAsync(BinaryData.FromString("from another client"));
        var stored = storage.GetBlobContainerClient("protected").GetBlobClient(name);
        var patience = Stopwatch.StartNew();
        while (!await stored.ExistsAsync() || await upload.ExistsAsync())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(3), $"'{name}' is still not protected.");
            await Task.Delay(500);
        }

        var inspected = (await byok.SucceedAsync("blob", "inspect", name, "--json")).Json;
        Assert.Contains($"/keys/{Key}/", inspected.GetProperty("wrappingKey").GetProperty("id").GetString(), StringComparison.Ordinal);
    }

    /// <summary>The worst that can happen to a key of which the HSM has a copy: purged. It comes back from the HSM, with its branches, so every blob reads.</summary>
    private static async Task AssertPurgedKeyComesBackAsync(ByokHome byok, string file)
    {
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "purged", "--key", SecondKey);
        await byok.SucceedAsync("key", "revoke", SecondKey, "--delete");
        await PurgeAsync(byok, SecondKey);
        CommandAssert.Failed(3, SecondKey, await byok.RunAsync("blob", "decrypt", "purged", "-o", file + ".out"));

        await byok.SucceedAsync("key", "restore", SecondKey);
        await AssertReadableAsync(byok, "purged", file);
        var version = Assert.Single((await byok.SucceedAsync("key", "list", SecondKey, "--json")).Json.EnumerateArray());
        Assert.Equal(1, version.GetProperty("blobs").GetInt64());
        var retired = (await byok.SucceedAsync("key", "rotate", SecondKey, "--branch", "--json")).Json;

        Assert.Equal(1, retired.GetProperty("moved").GetInt64());
        Assert.True(retired.GetProperty("isRetired").GetBoolean());
        await AssertReadableAsync(byok, "purged", file);
    }

    /// <summary>What the vault's owner can do and no command of ours does: destroys a deleted key.</summary>
    private static async Task PurgeAsync(ByokHome byok, string key)
    {
        var vault = (await byok.SucceedAsync("status", "--json")).Json.GetProperty("vault");
        var address = new Uri(vault.GetProperty("uri").GetString()!);
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(vault.GetProperty("certificateFile").GetString()!));
        using var http = new HttpClient(PinnedCertificate.CreateTransport(certificate)) { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", File.ReadAllText(vault.GetProperty("tokenFile").GetString()!).Trim());
        using var answer = await http.DeleteAsync($"deletedkeys/{key}?api-version=7.6");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>The command line as built in its own folder.</summary>
    internal static string CommandLine() => Path.Combine(Root, "src", "Byok.Cli", "bin", Output.Parent!.Name, Output.Name, "byok.dll");

    private static async Task AssertReadableAsync(ByokHome byok, string name, string file)
    {
        await byok.SucceedAsync("blob", "decrypt", name, "-o", file + ".out");
        Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(file + ".out")));
        await byok.SucceedAsync("blob", "verify", name);
    }

    private static async Task<string> WaitForOperationAsync(RunningCommand bring)
    {
        const string before = "byok approve ";
        while (!bring.HasEnded && !bring.ErrorSoFar.Contains(before, StringComparison.Ordinal))
        {
            await Task.Delay(200);
        }

        var told = bring.ErrorSoFar;
        return told[(told.IndexOf(before, StringComparison.Ordinal) + before.Length)..].Split(' ')[0];
    }

    private static async Task AssertBadInputStartsNothingAsync(string app)
    {
        using var http = new HttpClient { BaseAddress = new Uri(app) };
        if (Environment.GetEnvironmentVariable("BYOK_FUNCTION_KEY") is { Length: > 0 } key)
        {
            http.DefaultRequestHeaders.Add("x-functions-key", key);
        }

        (string Path, string? Body, string Type, HttpStatusCode Status)[] requests =
        [
            ("keys/k/bring", null, "application/json", HttpStatusCode.BadRequest),
            ("keys/k/bring", "{", "application/json", HttpStatusCode.BadRequest),
            ("keys/k/bring", "{\"label\":7}", "application/json", HttpStatusCode.BadRequest),
            ("keys/k/bring", "{\"label\":\"m\",\"more\":1}", "application/json", HttpStatusCode.BadRequest),
            ("keys/k/bring", "{\"label\":\"m\"}", "text/plain", HttpStatusCode.UnsupportedMediaType),
            ("keys/k/bring", new string(' ', 70_000), "application/json", HttpStatusCode.RequestEntityTooLarge),
            ("keys/k/bring", new string(' ', 40_000_000), "application/json", HttpStatusCode.RequestEntityTooLarge),
            ("keys/a%2fb/bring", "{\"label\":\"m\"}", "application/json", HttpStatusCode.BadRequest),
            ("keys/a%5cb/bring", "{\"label\":\"m\"}", "application/json", HttpStatusCode.BadRequest),
            ("keys/nobody/rotate", "{}", "application/json", HttpStatusCode.NotFound),
            ("keys/nobody/retire-branch", "{}", "application/json", HttpStatusCode.NotFound),
            ("keys/nobody/revoke", "{}", "application/json", HttpStatusCode.NotFound),
            ("blobs/reencrypt", "{\"blobName\":\"../uploads/x\"}", "application/json", HttpStatusCode.BadRequest),
            ("operations/none/approvals", "{\"approval\":\"a.b.c\"}", "application/json", HttpStatusCode.NotFound),
        ];
        foreach (var (path, body, type, status) in requests)
        {
            using var content = body is null ? null : new StringContent(body, Encoding.UTF8, type);
            using var answer = await http.PostAsync($"api/{path}", content);
            Assert.True(status == answer.StatusCode, $"{path}: {answer.StatusCode}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        foreach (var name in new[] { "k", "nobody" })
        {
            Assert.Equal("[]", await http.GetStringAsync($"api/keys/{name}/operations"));
        }
    }

    /// <summary>Histories lie in the emulator's tables; large inputs and outputs in blobs, compressed, which nothing here is large enough for.</summary>
    private static void AssertNoSecretInHistory(ByokHome byok, string plaintext)
    {
        var tokens = Path.Combine(byok.Home, "tokens");
        var secrets = Directory.GetFiles(tokens, "*", SearchOption.AllDirectories)
            .Where(path => path.EndsWith("pin", StringComparison.Ordinal) || path.EndsWith(".token", StringComparison.Ordinal) || path.EndsWith(".key", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(tokens, path), path => Encoding.UTF8.GetBytes(File.ReadAllText(path).Trim()));
        Assert.True(secrets.Count >= 7, string.Join(", ", secrets.Keys)); // two tokens' PINs, the relay's keys, the vault's token
        secrets["plaintext"] = Encoding.UTF8.GetBytes(plaintext);
        secrets["storage key"] = Encoding.UTF8.GetBytes("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq");

        var tables = Path.Combine(byok.Home, "azurite", "__azurite_db_table__.json");
        Assert.Contains("RevokeKey", File.ReadAllText(tables), StringComparison.Ordinal);
        string[] searched = [tables, .. Directory.GetFiles(Path.Combine(byok.Home, "logs")), Path.Combine(byok.Home, "stack.json")];
        Assert.Empty(SecretSearch.FindInFolder(secrets, byok.Home, searched.Contains));
    }
}
