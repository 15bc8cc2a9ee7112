using Byok.Client.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Client.Tests.Branches;

public sealed class KeyCacheTests : IDisposable
{
    private const int Callers = 16;
    private const string Key = "customer-key";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly InMemoryVault _inner;
    private readonly GatedVault _vault;
    private readonly KeyCache _cache;
    private readonly VaultKey _version;

    public KeyCacheTests()
    {
        _inner = new InMemoryVault(_time) { CreateRsa = new PreparedKeys().Create };
        _version = _inner.AddActiveKey(Key);
        _vault = new GatedVault(_inner);
        _cache = new KeyCache(_vault, new ClientOptions(), _time);
    }

    public void Dispose()
    {
        _vault.Open();
        _inner.Dispose();
    }

    [Fact]
    public async Task GetAsync_ManyAtOnce_ReadTheVaultOnce()
    {
        _vault.Close();
        var waiting = Ask(_ => GetAsync());
        await _vault.WaitForReadingAsync();
        _vault.Open();

        foreach (var waiter in waiting)
        {
            Assert.Equal(_version.Id, (await waiter).Current!.Id);
        }

        await GetAsync();
        Assert.Equal(1, _vault.Readings);
    }

    [Fact]
    public async Task GetAsync_TheVaultFails_ReachesEveryWaiterAndIsNotKept()
    {
        _vault.Close();
        _vault.Fault = new ServiceUnavailableException("Not now.");
        var waiting = Ask(_ => GetAsync());
        await _vault.WaitForReadingAsync();
        _vault.Open();

        foreach (var waiter in waiting)
        {
            Assert.Equal("Not now.", (await Assert.ThrowsAsync<ServiceUnavailableException>(() => waiter)).Message);
        }

        _vault.Fault = null;
        Assert.True((await GetAsync()).Current!.Enabled);
        Assert.Equal(2, _vault.Readings);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Callers - 1)]
    public async Task GetAsync_OneWaiterIsCancelled_TheOthersGetIt(int cancelled)
    {
        using var cancellation = new CancellationTokenSource();
        _vault.Close();
        var waiting = Ask(caller => _cache.GetAsync(Key, freshness: null, caller == cancelled ? cancellation.Token : default));
        await _vault.WaitForReadingAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[cancelled]);
        _vault.Open();
        foreach (var waiter in waiting.Where((_, caller) => caller != cancelled))
        {
            Assert.NotNull((await waiter).Current);
        }

        Assert.Equal(1, _vault.Readings);
    }

    [Fact]
    public async Task GetAsync_UsedAllTheTime_ReadsAgainAMinuteAfterTheReadingBegan()
    {
        _vault.Close();
        var first = GetAsync();
        await _vault.WaitForReadingAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        _vault.Open();
        await first;
        for (var second = 31; second <= 59; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await GetAsync();
        }

        Assert.Equal(1, _vault.Readings);
        _time.Advance(TimeSpan.FromSeconds(1));
        await GetAsync();
        Assert.Equal(2, _vault.Readings);
    }

    [Fact]
    public async Task GetAsync_FresherThanWhatIsKept_ReadsAnew()
    {
        await GetAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await _cache.GetAsync(Key, TimeSpan.FromSeconds(5), default);
        Assert.Equal(1, _vault.Readings);

        _time.Advance(TimeSpan.FromSeconds(1));
        await _cache.GetAsync(Key, TimeSpan.FromSeconds(5), default);

        Assert.Equal(2, _vault.Readings);
    }

    [Fact]
    public async Task ReadNowAsync_ManyWhileOneReadingIsUnderWay_ShareTheNext()
    {
        _vault.Close();
        var before = GetAsync();
        await _vault.WaitForReadingAsync();
        var waiting = Ask(_ => _cache.ReadNowAsync(Key, default));
        await _inner.UpdateKeyAsync(_version.Id, new KeyAttributes { Enabled = false }, default);
        _vault.Open();

        foreach (var waiter in waiting)
        {
            Assert.False(Assert.Single((await waiter).Versions).Enabled);
        }

        await before;
        Assert.Equal(2, _vault.Readings);
        await GetAsync(); // what it found serves others too
        Assert.Equal(2, _vault.Readings);
    }

    [Fact]
    public async Task ReadNowAsync_OneAfterTheOther_ReadsEachTime()
    {
        await GetAsync();
        for (var time = 2; time <= 3; time++)
        {
            await _cache.ReadNowAsync(Key, default);
            Assert.Equal(time, _vault.Readings);
        }
    }

    [Fact]
    public async Task ReadNowAsync_ReadingBeforeItFails_TakesTheNext()
    {
        _vault.Close();
        _vault.Fault = new ServiceUnavailableException("Not now.");
        var before = GetAsync();
        await _vault.WaitForReadingAsync();
        var now = _cache.ReadNowAsync(Key, default);
        _vault.OpenOnce();
        await Assert.ThrowsAsync<ServiceUnavailableException>(() => before);
        _vault.Fault = null;
        _vault.Open();

        Assert.NotNull((await now).Current);
        Assert.Equal(2, _vault.Readings);
    }

    [Fact]
    public async Task ReadNowAsync_TheVaultFails_ReachesEveryWaiterAndIsNotKept()
    {
        _vault.Close();
        var before = GetAsync();
        await _vault.WaitForReadingAsync();
        var waiting = Ask(_ => _cache.ReadNowAsync(Key, default));
        _vault.OpenOnce();
        await before;
        await _vault.WaitForReadingAsync();
        _vault.Fault = new ServiceUnavailableException("Not now.");
        _vault.Open();

        foreach (var waiter in waiting)
        {
            await Assert.ThrowsAsync<ServiceUnavailableException>(() => waiter);
        }

        Assert.Equal(2, _vault.Readings);
        _vault.Fault = null;
        await GetAsync();
        Assert.Equal(3, _vault.Readings);
    }

    [Fact]
    public async Task ReadNowAsync_AnotherKeyIsReadMeanwhile_ReadsItsOwn()
    {
        _inner.AddActiveKey("other");
        await GetAsync();
        await _cache.GetAsync("other", freshness: null, default);

        Assert.Equal(Key, (await _cache.ReadNowAsync(Key, default)).Name);
        Assert.Equal("other", (await _cache.ReadNowAsync("other", default)).Name);
        Assert.Equal(4, _vault.Readings);
    }

    [Fact]
    public async Task ReadNowAsync_CancelledWhileOneReadingIsUnderWay_Ends()
    {
        using var cancellation = new CancellationTokenSource();
        _vault.Close();
        var before = GetAsync();
        await _vault.WaitForReadingAsync();
        var now = _cache.ReadNowAsync(Key, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => now);
        _vault.Open();
        await before;
        Assert.Equal(1, _vault.Readings);
    }

    [Fact]
    public async Task Forget_WhileOneReadingIsUnderWay_KeepsNothingOfIt()
    {
        _vault.Close();
        var before = GetAsync();
        await _vault.WaitForReadingAsync();
        _cache.Forget();
        _vault.Open();
        await before;

        await GetAsync();

        Assert.Equal(2, _vault.Readings);
    }

    private Task<KeyLife> GetAsync() => _cache.GetAsync(Key, freshness: null, default);

    private static List<Task<KeyLife>> Ask(Func<int, Task<KeyLife>> ask) => [.. Enumerable.Range(0, Callers).Select(ask)];
}
