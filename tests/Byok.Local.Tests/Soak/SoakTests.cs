using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Orchestration;
using Byok.Durable;
using Byok.Local.Vault;
using Byok.Pipeline;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.RotateKey;
using Byok.Pkcs11;
using Byok.Pkcs11.Tokens;
using Byok.Storage;
using Byok.Storage.Ledger;
using Byok.Testing;
using Byok.Testing.CommandLine;
using Byok.Testing.Tokens;

namespace Byok.Local.Tests.Soak;

/// <summary>
/// The whole pipeline in one process, on real tokens, the emulator and the embedded engine, under mixed load for <c>BYOK_SOAK_MINUTES</c>
/// (an hour when not set): every read gives the right bytes, and memory, handles and token sessions do not grow.
/// </summary>
public sealed class SoakTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IDisposable
{
    private const string Key = "customer-key";
    private const int Workers = 3;
    private const int Names = 40;

    private readonly SoftHsmFixture _tokens = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("byok-soak-").FullName;
    private readonly ConcurrentDictionary<string, (int Length, int Seed)> _contents = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public void Dispose()
    {
        _tokens.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public Task MixedLoad_ForSomeSeconds_GivesBackEveryBlob() => RunAsync(TimeSpan.FromSeconds(4), isJudged: false);

    [Trait("Category", "Long")]
    [Fact]
    public Task MixedLoad_ForLong_StaysFlat()
    {
        var minutes = double.TryParse(Environment.GetEnvironmentVariable("BYOK_SOAK_MINUTES"), CultureInfo.InvariantCulture, out var given) ? given : 60;
        return RunAsync(TimeSpan.FromMinutes(minutes), isJudged: true);
    }

    private async Task RunAsync(TimeSpan duration, bool isJudged)
    {
        var storage = await azurite.CreateAccountAsync();
        using var vault = await LocalVault.OpenAsync(
            Path.Combine(_folder, "vault.db"), _tokens.VaultToken, new LocalVaultOptions { PurgeProtection = true }, TimeProvider.System, CancellationToken.None);
        var options = new PipelineOptions { DefaultKey = Key, KekSizeInBits = 2048, KeyCacheTime = TimeSpan.FromSeconds(5) };
        var hsm = new Pkcs11Hsm(_tokens.HsmToken, new Pkcs11HsmOptions(), TimeProvider.System);
        using var catalog = new TestPipeline(vault, hsm, storage, new BlobLedger(storage.Ledger, TimeProvider.System), options, TimeProvider.System);
        await using var engine = await DurableEngine.OpenAsync(
            Path.Combine(_folder, "journal.db"), PipelineOrchestrations.All, catalog.Activities, new DurableEngineOptions(), TimeProvider.System);
        await engine.StartAsync();
        await RunAsync<BringKeyResult>(engine, BringKeyOrchestration.Name, new BringKeyInput { KeyName = Key, KeyLabel = Key, GenerateSizeInBits = 2048 });

        var watch = Stopwatch.StartNew();
        List<Task> actors = [];
        bool IsOver() => watch.Elapsed >= duration || actors.Exists(actor => actor.IsFaulted);
        actors = [.. Enumerable.Range(0, Workers).Select(worker => WorkAsync(engine, catalog, storage, worker, IsOver)), RotateAsync(engine, catalog, IsOver)];
        var samples = new List<SoakSample>();
        while (!IsOver())
        {
            await Task.Delay(isJudged ? TimeSpan.FromSeconds(Math.Min(30, duration.TotalSeconds / 40)) : duration);
            await engine.PurgeAsync(TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(30), CancellationToken.None);
            samples.Add(SoakSample.Take(_tokens.HsmToken, _tokens.VaultToken));
            Console.WriteLine($"soak {watch.Elapsed:hh\\:mm\\:ss}: {samples[^1]}; {string.Join(", ", _counts.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"))}");
        }

        await Task.WhenAll(actors);
        await AuditAsync(engine, catalog, 100);
        foreach (var name in _contents.Keys)
        {
            await ReadAsync(catalog, name);
        }

        if (isJudged)
        {
            AssertFlat(samples);
        }
    }

    private static void AssertFlat(List<SoakSample> samples)
    {
        // The first quarter fills caches and pools; after it nothing may grow.
        var quarter = samples.Count / 4;
        var (early, late) = (SoakSample.MedianOf(samples[quarter..(2 * quarter)]), SoakSample.MedianOf(samples[^quarter..]));
        Console.WriteLine($"soak: second quarter {early}\nsoak: last quarter   {late}");
        Assert.True(late.ManagedMiB <= (early.ManagedMiB * 1.25) + 8, $"managed memory grew: {early} -> {late}");
        Assert.True(late.ResidentMiB <= (early.ResidentMiB * 1.25) + 32, $"memory grew: {early} -> {late}");
        Assert.True(late.Handles <= early.Handles + 16, $"handles grew: {early} -> {late}");
        // The pools fill as often as much is asked at once, and never beyond their bound: one idle session a token beside the pool.
        Assert.True(late.Sessions <= 2 * (Pkcs11Token.MaxSessions + 1), $"sessions grew beyond the pools: {early} -> {late}");
    }

    // Each worker has names of its own, so that it knows what each blob must hold; rotations and audits go over all of them.
    private async Task WorkAsync(DurableEngine engine, TestPipeline catalog, StorageAccount storage, int worker, Func<bool> isOver)
    {
        for (var number = 0; !isOver(); number++)
        {
            var name = $"{worker}/{RandomNumberGenerator.GetInt32(Names)}";
            var choice = RandomNumberGenerator.GetInt32(100);
            if (!_contents.ContainsKey(name) || choice < 50)
            {
                await EncryptAsync(engine, storage, name, number);
            }
            else if (choice < 92)
            {
                await ReadAsync(catalog, name);
            }
            else
            {
                _contents.TryRemove(name, out _);
                await storage.Protected.Client.GetBlobClient(name).DeleteIfExistsAsync();
                Count("deleted");
            }
        }
    }

    private async Task RotateAsync(DurableEngine engine, TestPipeline catalog, Func<bool> isOver)
    {
        for (var round = 0; !isOver(); round++)
        {
            await RunAsync<RotateKeyResult>(engine, RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = Key, GracePeriod = TimeSpan.FromSeconds(10), Deep = round % 8 == 7 });
            Count("rotated");
            await AuditAsync(engine, catalog, 5);
        }
    }

    private async Task EncryptAsync(DurableEngine engine, StorageAccount storage, string name, int seed)
    {
        var length = RandomNumberGenerator.GetInt32(20) switch
        {
            0 => RandomNumberGenerator.GetInt32(9_000_000),
            < 5 => RandomNumberGenerator.GetInt32(500_000),
            _ => RandomNumberGenerator.GetInt32(20_000),
        };
        var upload = await storage.Uploads.Client.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(TestBytes.Create(length, seed)), overwrite: true);
        var input = new EncryptBlobInput { BlobName = name, ETag = upload.Value.ETag.ToString(), Overwrite = true };
        var result = await RunAsync<EncryptBlobResult>(engine, EncryptBlobOrchestration.Name, input);
        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        _contents[name] = (length, seed);
        Count("encrypted");
    }

    private async Task ReadAsync(TestPipeline catalog, string name)
    {
        var (length, seed) = _contents[name];
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var blob = await catalog.Reader.OpenAsync(name, PinFreshness.Cached, CancellationToken.None);
                var content = new byte[blob.Envelope.Layout.PlaintextLength];
                await EnvelopeDownload.CopyToAsync(blob.Envelope, 2, (offset, bytes, _) =>
                {
                    bytes.CopyTo(content.AsMemory((int)offset));
                    return ValueTask.CompletedTask;
                });
                Assert.True(content.AsSpan().SequenceEqual(TestBytes.Create(length, seed)), $"'{name}' came back with other bytes.");
                Count("read");
                return;
            }
            catch (Byok.Core.Errors.ConcurrentWriteException) when (attempt < 10)
            {
                Count("read again"); // encrypted anew between two reads
            }
        }
    }

    private async Task AuditAsync(DurableEngine engine, TestPipeline catalog, int scrubPercent)
    {
        var audited = await RunAsync<AuditKeysResult>(engine, AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = scrubPercent });
        var report = await catalog.Audits.ReadReportAsync(audited.ReportName, CancellationToken.None);
        // Nothing records what is deleted by hand, so the audit misses it.
        Assert.DoesNotContain(report.Findings, finding => finding.Severity == Severity.Critical && finding.Code != FindingKinds.BlobGone.Code);
        Count("audited");
    }

    private static async Task<T> RunAsync<T>(DurableEngine engine, string name, object input)
    {
        var id = $"{name}-{Guid.NewGuid():N}";
        await engine.ScheduleAsync(name, input, id, CancellationToken.None);
        var status = await engine.WaitAsync(id, null, CancellationToken.None);
        return status.State == OrchestrationState.Completed
            ? status.Output!.Value.Deserialize<T>(OrchestrationJson.Options)!
            : throw new InvalidOperationException($"{name}: {status.Failure}");
    }

    private void Count(string what) => _counts.AddOrUpdate(what, 1, (_, count) => count + 1);
}
