using System.Security.Cryptography;
using Byok.Client.Keys;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Testing;

namespace Byok.Client.Tests.Keys;

public sealed class DekCacheTests : IDisposable
{
    private const int Callers = 16;

    private readonly InMemoryVault _vault = new();
    private readonly ManualResetEventSlim _answer = new(initialState: true);
    private readonly SemaphoreSlim _asked = new(0);
    private readonly RSA _reader = RSA.Create(2048);
    private readonly DekCache _cache;
    private readonly VaultKey _key;
    private readonly DataEncryptionKey _dek = DataEncryptionKey.Generate();
    private readonly byte[] _wrapped;

    public DekCacheTests()
    {
        _key = _vault.AddActiveKey("customer");
        _wrapped = _dek.WrapWith(_key.RequirePublicKey());
        _cache = new DekCache(new DekUnwrapper(_vault), new ClientOptions(), TimeProvider.System);
        _vault.OnUnwrap = _ =>
        {
            _asked.Release();
            _answer.Wait();
        };
    }

    [Fact]
    public async Task GetAsync_ManyAtOnce_AskTheVaultOnce()
    {
        var waiting = await AskAsync();
        _answer.Set();

        foreach (var waiter in waiting)
        {
            AssertIsTheDek(await waiter);
        }

        AssertIsTheDek(await _cache.GetAsync(_key.Id, _wrapped, default));
        Assert.Equal(1, _vault.Unwraps);
    }

    [Fact]
    public async Task GetAsync_TheVaultFails_ReachesEveryWaiterAndIsNotKept()
    {
        var fails = true;
        _vault.OnUnwrap = _ =>
        {
            _asked.Release();
            _answer.Wait();
            if (fails)
            {
                throw new KeyUnavailableException("Not now.");
            }
        };
        var waiting = await AskAsync();
        _answer.Set();

        foreach (var waiter in waiting)
        {
            Assert.Equal("Not now.", (await Assert.ThrowsAsync<KeyUnavailableException>(() => waiter)).Message);
        }

        fails = false;
        AssertIsTheDek(await _cache.GetAsync(_key.Id, _wrapped, default));
        Assert.Equal(2, _vault.Unwraps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(Callers - 1)]
    public async Task GetAsync_OneWaiterIsCancelled_TheOthersGetIt(int cancelled)
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = await AskAsync(caller => caller == cancelled ? cancellation.Token : default);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting[cancelled]);
        _answer.Set();
        foreach (var waiter in waiting.Where((_, caller) => caller != cancelled))
        {
            AssertIsTheDek(await waiter);
        }

        Assert.Equal(1, _vault.Unwraps);
    }

    [Fact]
    public async Task GetAsync_AllWaitersAreCancelled_TheNextAsksAnew()
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = await AskAsync(_ => cancellation.Token);
        await cancellation.CancelAsync();
        foreach (var waiter in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiter);
        }

        var next = _cache.GetAsync(_key.Id, _wrapped, default);
        await _asked.WaitAsync();
        _answer.Set();

        AssertIsTheDek(await next);
        Assert.Equal(2, _vault.Unwraps);
    }

    [Fact]
    public async Task Forget_WhileOneIsUnwrapped_KeepsNothingOfIt()
    {
        var waiting = await AskAsync();
        _cache.Forget();
        var after = _cache.GetAsync(_key.Id, _wrapped, default);
        await _asked.WaitAsync();
        Assert.Equal(2, _vault.Unwraps); // it did not join
        _cache.Forget();
        _answer.Set();

        foreach (var waiter in waiting.Append(after))
        {
            AssertIsTheDek(await waiter);
        }

        AssertIsTheDek(await _cache.GetAsync(_key.Id, _wrapped, default));
        Assert.Equal(3, _vault.Unwraps);
    }

    [Fact]
    public async Task GetAsync_OneWrappedDekUnderTwoVersions_EachAsksItsOwn()
    {
        var other = _vault.AddActiveKey("other");
        var waiting = await AskAsync();
        var wrong = _cache.GetAsync(other.Id, _wrapped, default);
        await _asked.WaitAsync();
        _answer.Set();

        await Assert.ThrowsAnyAsync<IntegrityException>(() => wrong);
        AssertIsTheDek(await waiting[0]);
        Assert.Equal(2, _vault.Unwraps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public async Task GetAsync_UnwrapsToAnotherLength_IsRefusedAndNotKept(int length)
    {
        using var rsa = RSA.Create(_key.RequirePublicKey().ToParameters());
        var wrapped = rsa.Encrypt(new byte[length], RSAEncryptionPadding.OaepSHA256);

        for (var time = 1; time <= 2; time++)
        {
            Assert.Contains($"{length} bytes instead of 32", (await Assert.ThrowsAsync<IntegrityException>(() => _cache.GetAsync(_key.Id, wrapped, default))).Message, StringComparison.Ordinal);
            Assert.Equal(time, _vault.Unwraps);
        }
    }

    public void Dispose()
    {
        _answer.Set();
        _cache.Dispose();
        _dek.Dispose();
        _vault.Dispose();
        _reader.Dispose();
        _answer.Dispose();
        _asked.Dispose();
    }

    /// <summary>Callers that wait for an unwrapping that is under way until it is let go.</summary>
    private async Task<List<Task<DataEncryptionKey>>> AskAsync(Func<int, CancellationToken>? cancellation = null)
    {
        _answer.Reset();
        var waiting = Enumerable.Range(0, Callers).Select(caller => _cache.GetAsync(_key.Id, _wrapped, cancellation?.Invoke(caller) ?? default)).ToList();
        await _asked.WaitAsync();
        return waiting;
    }

    private void AssertIsTheDek(DataEncryptionKey dek)
    {
        using (dek)
        {
            Assert.Equal(BytesOf(_dek), BytesOf(dek));
        }
    }

    /// <summary>Wrapped to a key of the test's own.</summary>
    private byte[] BytesOf(DataEncryptionKey dek) => _reader.Decrypt(dek.WrapWith(RsaPublicKey.FromParameters(_reader.ExportParameters(includePrivateParameters: false))), RSAEncryptionPadding.OaepSHA256);
}
