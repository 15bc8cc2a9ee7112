using Byok.Core.Errors;

namespace Byok.Pipeline.Tests.Branches;

/// <summary>How often the vault is asked: by branch and minute, never by blob.</summary>
public sealed class UnwrapCountTests
{
    [Fact]
    public async Task Read_ThousandBlobsOfThreeBranchesInAMinute_UnwrapsThreeTimes()
    {
        using var stack = await BranchStack.CreateAsync();
        var names = new List<string>();
        for (var branch = 0; branch < 3; branch++)
        {
            for (var number = 0; number < 10; number++)
            {
                names.Add($"blob-{branch}-{number}");
                await stack.ProtectAsync(names[^1], names[^1]);
            }

            if (branch < 2)
            {
                stack.Time.Advance(stack.Options.MaxBranchAge + TimeSpan.FromDays(1));
                await stack.RotateAsync();
            }
        }

        stack.Forget();
        var before = stack.Vault.Unwraps;
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), async (number, _) => Assert.Equal(names[number % 30], await stack.ReadAsync(names[number % 30])));

        Assert.Equal(3, stack.Vault.Unwraps - before);
    }

    [Fact]
    public async Task Encrypt_ThousandBlobsInAMinute_UnwrapsOnce()
    {
        using var stack = await BranchStack.CreateAsync();
        stack.Forget();
        var before = stack.Vault.Unwraps;

        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), async (number, _) => await stack.ProtectAsync($"blob-{number}", "content"));

        Assert.Equal(1, stack.Vault.Unwraps - before);
    }

    [Fact]
    public async Task Read_SixteenColdStartsAtOnceInOneProcess_UnwrapOnce()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        stack.Forget();
        var before = stack.Vault.Unwraps;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => stack.ReadAsync("a"))));

        Assert.Equal(1, stack.Vault.Unwraps - before);
    }

    [Fact]
    public async Task Read_CacheTimeAfterARevocationElsewhere_IsRefused()
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        using var other = stack.CreateCatalog();
        Assert.Equal("content", await stack.ReadAsync("a", other));

        await stack.Vault.UpdateKeyAsync((await stack.CurrentVersionAsync()).Id, new() { Enabled = false }, CancellationToken.None);
        stack.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("content", await stack.ReadAsync("a", other)); // does not extend it
        stack.Time.Advance(TimeSpan.FromSeconds(31));

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a", other));
    }
}
