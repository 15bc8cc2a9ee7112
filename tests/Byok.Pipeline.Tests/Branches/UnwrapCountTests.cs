using Byok.Core.Errors;
using Byok.Pipeline.RevokeKey;

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
        await InAMinuteAsync(stack, async number => Assert.Equal(names[number % 30], await stack.ReadAsync(names[number % 30])));

        Assert.Equal(3, stack.Vault.Unwraps - before);
    }

    [Fact]
    public async Task Encrypt_ThousandBlobsInAMinute_UnwrapsOnceOrTwice()
    {
        using var stack = await BranchStack.CreateAsync();
        stack.Forget();
        var before = stack.Vault.Unwraps;

        await InAMinuteAsync(stack, number => stack.ProtectAsync($"blob-{number}", "content"));

        Assert.InRange(stack.Vault.Unwraps - before, 1, 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_SixteenActivitiesAtOnceInAColdProcess_UnwrapOnce(bool isWriting)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        using var cold = stack.CreateCatalog();
        stack.Vault.RoundTrip = TimeSpan.FromMilliseconds(50); // so that all of them ask while the first is on its way
        var before = stack.Vault.Unwraps;

        await Task.WhenAll(Enumerable.Range(0, 16).Select(number => Task.Run(async () =>
        {
            if (isWriting)
            {
                await stack.ProtectAsync($"blob-{number}", "content", catalog: cold);
            }
            else
            {
                Assert.Equal("content", await stack.ReadAsync("a", cold));
            }
        })));

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
        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ProtectAsync("b", "content", catalog: other));
    }

    [Theory]
    [InlineData(RevocationMode.Disable)]
    [InlineData(RevocationMode.Delete)]
    public async Task Read_CacheTimeAfterARevocationInTheSameProcess_IsRefused(RevocationMode mode)
    {
        using var stack = await BranchStack.CreateAsync();
        await stack.ProtectAsync("a", "content");
        Assert.Equal("content", await stack.ReadAsync("a"));

        await stack.RevokeAsync(mode);
        stack.Time.Advance(TimeSpan.FromSeconds(61));

        await Assert.ThrowsAsync<KeyUnavailableException>(() => stack.ReadAsync("a"));
    }

    /// <summary>A thousand times, spread over a bit less than the cache time.</summary>
    private static async Task InAMinuteAsync(BranchStack stack, Func<int, Task> run)
    {
        foreach (var numbers in Enumerable.Range(0, 1_000).Chunk(100))
        {
            await Parallel.ForEachAsync(numbers, async (number, _) => await run(number));
            stack.Time.Advance(TimeSpan.FromSeconds(5.9));
        }
    }
}
