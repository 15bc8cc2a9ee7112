using Azure.Storage.Blobs;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary><c>up</c>, <c>down</c>, <c>status</c>, and what they promise about each other.</summary>
public sealed class StackCommandTests
{
    [Fact]
    public async Task Status_NeverUp_SaysDownAndMakesNothing()
    {
        await using var byok = new ByokHome();

        var status = (await byok.SucceedAsync("status", "--json")).Json;

        Assert.False(status.GetProperty("up").GetBoolean());
        Assert.Empty(status.GetProperty("processes").EnumerateArray());
        Assert.Equal(byok.Home, status.GetProperty("home").GetString());
        Assert.False(Directory.Exists(byok.Home));
    }

    [Fact]
    public async Task Commands_StackIsNotUp_SaySoAndWhatToDo()
    {
        await using var byok = new ByokHome();
        var file = byok.CreateFile("file", 10);
        string[][] commands =
        [
            ["key", "bring", "k"], ["key", "list"], ["blob", "encrypt", file], ["blob", "decrypt", "b", "-o", file + ".out"],
            ["blob", "inspect", "b"], ["blob", "verify", "b"], ["blob", "list"],
        ];

        foreach (var command in commands)
        {
            CommandAssert.Failed(1, "byok up", await byok.RunAsync(command));
        }

        Assert.False(File.Exists(file + ".out"));
        Assert.Equal(0, (await byok.RunAsync("down")).ExitCode);
    }

    [Fact]
    public async Task Up_ThenEverything_KeepsWhatWasThere()
    {
        await using var byok = new ByokHome();
        var up = (await byok.SucceedAsync("up", "--json")).Json;
        var first = await byok.ProcessesAsync();

        Assert.True(up.GetProperty("up").GetBoolean());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(byok.Home));
        Assert.Contains("BlobEndpoint=http://127.0.0.1:", up.GetProperty("storage").GetProperty("connectionString").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, up.GetProperty("tokens").GetArrayLength());
        Assert.True(Directory.Exists(up.GetProperty("logs").GetString()));
        Assert.NotEmpty(first);
        Assert.All(first, process => Assert.True(ByokHome.IsAlive(process.Id), process.Name));

        // No key yet.
        var file = byok.CreateFile("file.bin", 5_000_000);
        Assert.Empty((await byok.SucceedAsync("key", "list", "--json")).Json.EnumerateArray());
        Assert.Empty((await byok.SucceedAsync("blob", "list", "--json")).Json.EnumerateArray());
        CommandAssert.Failed(3, "bring a key first", await byok.RunAsync("blob", "encrypt", file));
        CommandAssert.Failed(3, "other", await byok.RunAsync("key", "list", "other"));

        await byok.SucceedAsync("key", "bring", "k", "--size", "2048");
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "b");
        var keys = (await byok.SucceedAsync("key", "list", "--json")).Output;

        // A second up changes nothing and starts nothing.
        await byok.SucceedAsync("up");
        Assert.Equal(first, await byok.ProcessesAsync());

        // Down stops all of it, twice is harmless; up again brings it all back.
        Assert.NotEmpty((await byok.SucceedAsync("down", "--json")).Json.GetProperty("stopped").EnumerateArray());
        Assert.All(first, process => Assert.False(ByokHome.IsAlive(process.Id), process.Name));
        Assert.Empty((await byok.SucceedAsync("down", "--json")).Json.GetProperty("stopped").EnumerateArray());
        CommandAssert.Failed(1, "byok up", await byok.RunAsync("blob", "list"));
        await byok.SucceedAsync("up");
        Assert.Equal(keys, (await byok.SucceedAsync("key", "list", "--json")).Output);
        await byok.SucceedAsync("blob", "decrypt", "b", "-o", file + ".out");
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".out"));
    }

    [Fact]
    public async Task Up_SeveralAtOnce_StartOneStack()
    {
        await using var byok = new ByokHome();

        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => byok.RunAsync("up")));

        Assert.Contains(results, result => result.ExitCode == 0);
        Assert.All(results.Where(result => result.ExitCode != 0), result => CommandAssert.Failed(1, "wait for it", result));
        Assert.All(await byok.ProcessesAsync(), process => Assert.True(ByokHome.IsAlive(process.Id)));
        await byok.SucceedAsync("blob", "list");
    }

    [Fact]
    public async Task Up_LockFileThatNobodyCanOpen_IsNotTakenForAnotherCommand()
    {
        await using var byok = new ByokHome();
        Directory.CreateDirectory(byok.Home);
        File.CreateSymbolicLink(Path.Combine(byok.Home, "stack.lock"), "missing/stack.lock");

        var result = await byok.RunAsync("up");

        CommandAssert.Failed(1, "stack.lock", result);
        Assert.DoesNotContain("at work", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_StateWasLostWhileProcessesRun_IsRefusedAndStartsNoSecondEmulator()
    {
        await using var byok = new ByokHome();
        await byok.SucceedAsync("up");
        var processes = await byok.ProcessesAsync();
        var state = Path.Combine(byok.Home, "stack.json");
        var lost = await File.ReadAllBytesAsync(state);
        File.Delete(state);

        var refused = await byok.RunAsync("up");

        await File.WriteAllBytesAsync(state, lost); // so that they are ended at the end
        CommandAssert.Failed(1, $"kill {string.Join(' ', processes.Select(process => process.Id))}", refused);
        Assert.All(processes, process => Assert.True(ByokHome.IsAlive(process.Id), process.Name));
        Assert.Equal(processes, await byok.ProcessesAsync());
    }

    [Fact]
    public async Task Up_TwoStacksSideBySide_KnowNothingOfEachOther()
    {
        await using var left = new ByokHome();
        await using var right = new ByokHome();
        await Task.WhenAll(left.SucceedAsync("up"), right.SucceedAsync("up"));
        await Task.WhenAll(left.SucceedAsync("key", "bring", "k", "--size", "2048"), right.SucceedAsync("key", "bring", "k", "--size", "2048"));
        var file = left.CreateFile("f", 100);
        await left.SucceedAsync("blob", "encrypt", file, "--name", "only-left");

        Assert.Empty((await right.SucceedAsync("blob", "list", "--json")).Json.EnumerateArray());
        Assert.NotEqual(
            (await left.SucceedAsync("key", "list", "--json")).Json[0].GetProperty("thumbprint").GetString(),
            (await right.SucceedAsync("key", "list", "--json")).Json[0].GetProperty("thumbprint").GetString());
        await right.SucceedAsync("down");
        await left.SucceedAsync("blob", "verify", "only-left");
    }

    [Fact]
    public async Task Commands_EmulatorDied_SaySoAndUpBringsItBack()
    {
        await using var byok = new ByokHome();
        await StackTemplate.CopyToAsync(byok);
        await byok.SucceedAsync("up");
        var file = byok.CreateFile("f", 1000);
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "before");
        await byok.SucceedAsync("down"); // the emulator writes its own state now and then only; this makes it certain
        await byok.SucceedAsync("up");
        var storage = (await byok.SucceedAsync("status", "--json")).Json.GetProperty("storage").GetProperty("connectionString").GetString();
        using var serving = byok.Start("serve", "--audit-every", "off", "--rotation-every", "off");
        await serving.WaitForAsync("by the clock     ");

        var azurite = (await byok.ProcessesAsync()).Single(process => process.Name.Contains("azurite", StringComparison.OrdinalIgnoreCase));
        ByokHome.Kill(azurite.Id);

        CommandAssert.Failed(1, "byok up", await byok.RunAsync("blob", "encrypt", file, "--name", "during"));
        Assert.False((await byok.SucceedAsync("status", "--json")).Json.GetProperty("up").GetBoolean());
        await byok.SucceedAsync("up");
        await byok.SucceedAsync("blob", "verify", "before");
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "during");

        // It listens where it did before, so a server that was at work goes on.
        await new BlobContainerClient(storage, "uploads").GetBlobClient("after").UploadAsync(BinaryData.FromString("after"));
        await serving.WaitForAsync("upload 'after': done");
        serving.Terminate();
        Assert.Equal(0, (await serving.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Commands_AgentDied_BlobsWorkAndUpBringsItBack()
    {
        await using var byok = new ByokHome();
        await StackTemplate.CopyToAsync(byok);
        await byok.SucceedAsync("up");
        var file = byok.CreateFile("f", 1000);

        foreach (var process in (await byok.ProcessesAsync()).Where(process => process.Name is "agent" or "relay"))
        {
            ByokHome.Kill(process.Id);
        }

        // The HSM is needed for bringing keys only.
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "b");
        Assert.False((await byok.SucceedAsync("status", "--json")).Json.GetProperty("up").GetBoolean());
        using var bringing = byok.Start("key", "bring", "other", "--size", "2048");
        await bringing.WaitForAsync("the agent beside the HSM is not running");
        await byok.SucceedAsync("up");
        Assert.All(await byok.ProcessesAsync(), process => Assert.True(ByokHome.IsAlive(process.Id), process.Name));
        Assert.Equal(0, (await bringing.WaitAsync()).ExitCode);
        await byok.SucceedAsync("blob", "verify", "b");
    }

    [Theory]
    [InlineData("stack.json")]
    [InlineData("journal.db")]
    [InlineData("vault.db")]
    public async Task Commands_StateFileIsDamaged_SayWhichAndLoseNothing(string name)
    {
        await using var byok = new ByokHome();
        await StackTemplate.CopyToAsync(byok);
        await byok.SucceedAsync("up");
        var file = byok.CreateFile("f", 1000);
        await byok.SucceedAsync("blob", "encrypt", file, "--name", "b");
        var path = Path.Combine(byok.Home, name);
        var sound = await File.ReadAllBytesAsync(path);
        var damages = new Dictionary<string, byte[]>
        {
            ["overwritten"] = TestBytes.Create(sound.Length),
            ["cut off"] = sound[..(sound.Length / 2)],
        };

        foreach (var (how, damaged) in damages)
        {
            await File.WriteAllBytesAsync(path, damaged);
            foreach (var command in new string[][] { ["blob", "encrypt", file, "--name", "c"], ["key", "bring", "other"], ["up"] })
            {
                var result = await byok.RunAsync(command);
                Assert.True(result.ExitCode != 0 || command[0] == "up", $"{name} {how}: {result}");
                if (result.ExitCode != 0)
                {
                    CommandAssert.Failed(1, name, result);
                    Assert.DoesNotContain("should not have happened", result.Sentence, StringComparison.Ordinal);
                }
            }
        }

        await File.WriteAllBytesAsync(path, sound);
        await byok.SucceedAsync("up");
        await byok.SucceedAsync("blob", "decrypt", "b", "-o", file + ".out");
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".out"));
    }
}
