using System.Security.Cryptography;
using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Client.Tests.Branches;

public sealed class BranchKeyRingTests : IAsyncLifetime
{
    private const int Callers = 16;
    private const string Key = "customer-key";
    private const string Blob = "blob";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly InMemoryVault _vault;
    private readonly ManualResetEventSlim _answer = new(initialState: true);
    private readonly SemaphoreSlim _asked = new(0);
    private StorageAccount _storage = null!;
    private VaultKey _version = null!;
    private KeyCache _keys = null!;
    private BranchKeyRing _ring = null!;
    private EnvelopeHeader _header = null!;

    public BranchKeyRingTests() => _vault = new InMemoryVault(_time) { CreateRsa = new PreparedKeys().Create };

    public async Task InitializeAsync()
    {
        _storage = await new InMemoryBlobService(_time).CreateAccountAsync();
        _version = await _vault.AddPinnedKeyAsync(_storage, Key, _time);
        using (var branch = await _vault.OpenBranchAsync(_storage, Key))
        {
            _header = SmallBlob.Seal("protected", Blob, [1, 2, 3], branch, branch.WrapWith(_version.Id, _version.RequirePublicKey())).Header;
        }

        var options = new ClientOptions { DefaultKey = Key };
        _keys = new KeyCache(_vault, options, _time);
        _ring = new BranchKeyRing(_keys, new KeySelection(options), new BranchRecords(_storage.Branches), options, _time);
        OnUnwrap(() => { });
        await WarmUpAsync();
    }

    public Task DisposeAsync()
    {
        _answer.Set();
        _ring.Dispose();
        _vault.Dispose();
        _answer.Dispose();
        _asked.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenDekAsync_ManyAtOnce_AskTheVaultOnce(bool hasRecord)
    {
        await RemoveRecordUnlessAsync(hasRecord);
        var before = _vault.Unwraps;
        var waiting = await AskAsync();
        _answer.Set();

        foreach (var waiter in waiting)
        {
            AssertIsTheDek(await waiter);
        }

        AssertIsTheDek(await OpenAsync());
        Assert.Equal(1, _vault.Unwraps - before);
    }

    [Fact]
    public async Task GetCurrentAsync_ManyAtOnceWithReaders_AskTheVaultOnce()
    {
        var before = _vault.Unwraps;
        var waiting = await AskAsync();
        var writing = Enumerable.Range(0, Callers).Select(_ => _ring.GetCurrentAsync(Key, PinFreshness.Cached, default)).ToList();
        _answer.Set();

        foreach (var writer in writing)
        {
            using var current = await writer;
            using var dek = current.Key.OpenDek(_header.SealedDek.Span, _header.BlobId);
            Assert.Equal(_header.Branch, current.Key.Name);
            Assert.Equal(_version.Id, current.Wrapping.KeyId);
        }

        foreach (var waiter in waiting)
        {
            AssertIsTheDek(await waiter);
        }

        Assert.Equal(1, _vault.Unwraps - before);
    }

    [Fact]
    public async Task OpenDekAsync_TheVaultFails_ReachesEveryWaiterAndIsNotKept()
    {
        var fails = true;
        OnUnwrap(() => _ = fails ? throw new ServiceUnavailableException("Not now.") : 0);
        var before = _vault.Unwraps;
        var waiting = await AskAsync();
        _answer.Set();

        foreach (var waiter in waiting)
        {
            Assert.Equal("Not now.", (await Assert.ThrowsAsync<ServiceUnavailableException>(() => waiter)).Message);
        }

        Assert.Equal(1, _vault.Unwraps - before);
        fails = false;
        AssertIsTheDek(await OpenAsync());
        Assert.Equal(2, _vault.Unwraps - before);
    }

    [Fact]
    public async Task GetCurrentAsync_TheVaultRefuses_ReachesEveryWaiterAndIsNotKept()
    {
        var refuses = true;
        OnUnwrap(() => _ = refuses ? throw new KeyUnavailableException("Not any more.") : 0);
        var before = _vault.Unwraps;
        _answer.Reset();
        var waiting = Enumerable.Range(0, Callers).Select(_ => _ring.GetCurrentAsync(Key, PinFreshness.Cached, default)).ToList();
        await _asked.WaitAsync();
        _answer.Set();

        foreach (var waiter in waiting)
        {
            Assert.Contains("Not any more.", (await Assert.ThrowsAsync<KeyUnavailableException>(() => waiter)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, _vault.Unwraps - before); // once more after a fresh look at key and record, which a rotation may have changed
        refuses = false;
        AssertIsTheDek(await OpenAsync());
        Assert.Equal(3, _vault.Unwraps - before);
    }

    [Fact]
    public async Task OpenDekAsync_TheVaultDoesNotAnswerInTime_FailsAndIsNotKept()
    {
        var isLate = true;
        OnUnwrap(() => _ = isLate ? throw new TaskCanceledException("The answer did not come in time.") : 0);

        await Assert.ThrowsAsync<TaskCanceledException>(OpenAsync);

        isLate = false;
        AssertIsTheDek(await OpenAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(Callers - 1)]
    public async Task OpenDekAsync_OneWaiterIsCancelled_TheOthersGetIt(int cancelled)
    {
        using var cancellation = new CancellationTokenSource();
        var before = _vault.Unwraps;
        var waiting = await AskAsync(caller => caller == cancelled ? cancellation.Token : default);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[cancelled]);
        _answer.Set();
        foreach (var waiter in waiting.Where((_, caller) => caller != cancelled))
        {
            AssertIsTheDek(await waiter);
        }

        Assert.Equal(1, _vault.Unwraps - before);
    }

    [Fact]
    public async Task OpenDekAsync_AllWaitersAreCancelled_TheNextAsksAnew()
    {
        using var cancellation = new CancellationTokenSource();
        var before = _vault.Unwraps;
        var waiting = await AskAsync(_ => cancellation.Token);
        await cancellation.CancelAsync();
        foreach (var waiter in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        }

        var next = OpenAsync();
        await _asked.WaitAsync();
        _answer.Set();

        AssertIsTheDek(await next);
        Assert.Equal(2, _vault.Unwraps - before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Forget_WhileOneIsUnwrapped_KeepsNothingOfIt(bool hasRecord)
    {
        await RemoveRecordUnlessAsync(hasRecord);
        var before = _vault.Unwraps;
        var waiting = await AskAsync();
        _ring.Forget();
        var after = OpenAsync();
        await _asked.WaitAsync();
        Assert.Equal(2, _vault.Unwraps - before); // it did not join
        _ring.Forget();
        _answer.Set();

        foreach (var waiter in waiting.Append(after))
        {
            AssertIsTheDek(await waiter);
        }

        AssertIsTheDek(await OpenAsync());
        Assert.Equal(3, _vault.Unwraps - before); // once more for all of them: nothing that began before is handed out
    }

    [Fact]
    public async Task OpenDekAsync_UsedAllTheTime_AsksAgainAMinuteAfterTheUnwrapBegan()
    {
        var takes = TimeSpan.FromSeconds(30);
        OnUnwrap(() => _time.Advance(takes));
        var before = _vault.Unwraps;

        AssertIsTheDek(await OpenAsync()); // until 0:30
        for (var second = 31; second <= 59; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            AssertIsTheDek(await OpenAsync());
        }

        Assert.Equal(1, _vault.Unwraps - before);
        _time.Advance(TimeSpan.FromSeconds(1));
        AssertIsTheDek(await OpenAsync());
        Assert.Equal(2, _vault.Unwraps - before);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task OpenDekAsync_WallClockIsFarFromTheUnwrap_AsksAnew(int seconds)
    {
        AssertIsTheDek(await OpenAsync());
        var before = _vault.Unwraps;

        _time.AdjustTime(_time.GetUtcNow().AddSeconds(seconds)); // a suspended machine, or a clock that is set back; the other clock stands still

        AssertIsTheDek(await OpenAsync());
        Assert.Equal(1, _vault.Unwraps - before);
    }

    [Fact]
    public async Task OpenDekAsync_BranchOfAnotherKey_AsksItsOwn()
    {
        await _vault.AddPinnedKeyAsync(_storage, "other", _time);
        var before = _vault.Unwraps;

        var waiting = await AskAsync();
        var other = _ring.GetCurrentAsync("other", PinFreshness.Cached, default);
        await _asked.WaitAsync();
        _answer.Set();

        using (var current = await other)
        {
            Assert.NotEqual(_header.Branch, current.Key.Name);
        }

        AssertIsTheDek(await waiting[0]);
        Assert.Equal(2, _vault.Unwraps - before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public async Task GetCurrentAsync_RecordUnwrapsToSomethingElse_IsRefusedAndNotKept(int length)
    {
        using var rsa = RSA.Create(_version.RequirePublicKey().ToParameters());
        await RemoveRecordUnlessAsync(false);
        var wrong = new BranchWrapping(_version.Id, _version.RequirePublicKey().Thumbprint, rsa.Encrypt(new byte[length], RSAEncryptionPadding.OaepSHA256));
        await new BranchRecords(_storage.Branches).AddAsync(Key, _header.Branch, wrong, default);
        var before = _vault.Unwraps;

        for (var time = 1; time <= 2; time++)
        {
            await Assert.ThrowsAsync<IntegrityException>(() => _ring.GetCurrentAsync(Key, PinFreshness.Cached, default));
            Assert.Equal(time, _vault.Unwraps - before);
        }

        AssertIsTheDek(await OpenAsync()); // the copy serves
    }

    /// <summary>So that callers join an unwrapping at once, without a reading of the key before it.</summary>
    private Task<KeyLife> WarmUpAsync() => _keys.GetAsync(Key, freshness: null, default);

    private void OnUnwrap(Action act) => _vault.OnUnwrap = _ =>
    {
        _asked.Release();
        _answer.Wait();
        act();
    };

    private Task<DataEncryptionKey> OpenAsync() => OpenAsync(default);

    private Task<DataEncryptionKey> OpenAsync(CancellationToken cancellationToken) => _ring.OpenDekAsync(Blob, _header, PinFreshness.Cached, cancellationToken);

    /// <summary>Callers that wait for an unwrapping that is under way until it is let go.</summary>
    private async Task<List<Task<DataEncryptionKey>>> AskAsync(Func<int, CancellationToken>? cancellation = null)
    {
        _answer.Reset();
        var waiting = Enumerable.Range(0, Callers).Select(caller => OpenAsync(cancellation?.Invoke(caller) ?? default)).ToList();
        await _asked.WaitAsync();
        return waiting;
    }

    private Task RemoveRecordUnlessAsync(bool hasRecord) =>
        hasRecord ? Task.CompletedTask : _storage.Branches.Client.GetBlobClient(BranchRecord.BlobNameOf(Key, _header.Branch)).DeleteAsync();

    private void AssertIsTheDek(DataEncryptionKey dek)
    {
        using (dek)
        {
            using var keys = dek.DeriveFor(_header.BlobId);
            _header.Verify(keys, "protected", Blob);
        }
    }
}
