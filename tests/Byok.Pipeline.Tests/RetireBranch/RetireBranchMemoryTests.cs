using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Core.Ports;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RetireBranch;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Replay;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.RetireBranch;

[Collection(MemoryCollection.Name)]
public class RetireBranchMemoryTests
{
    [Fact]
    public Task Retire_TwentyThousandBlobs_NeedsAHundredBytesABlobAndConstantHistory() => RetireAsync(20_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Retire_AMillionBlobs_NeedsAHundredBytesABlobAndConstantHistory() => RetireAsync(1_000_000);

    private static async Task RetireAsync(int blobs)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var vault = new InMemoryVault(time);
        using var hsm = new InMemoryHsm();
        using var container = new EndlessContainer(blobs);
        using var client = new HttpClient(container);
        var storage = new StorageAccount(
            new BlobServiceClient(new Uri("http://endless.test"), StorageAccount.CreateClientOptions(new HttpClientTransport(client))));
        var key = await vault.AddPinnedKeyAsync(storage, LifeStack.Key, time);
        using var branch = await vault.OpenBranchAsync(storage, LifeStack.Key);
        var blob = SmallBlob.Seal("protected", "0", new byte[16], branch, branch.WrapWith(key.Id, key.RequirePublicKey()));
        container.Metadata = blob.Header.ToMetadata(); // of all blobs: they are copies of one, and the ledger knows them so
        var options = LifeStack.DefaultOptions with { BlobsPerPage = 500 };
        var engine = new ReplayEngine(() => new TestPipeline(vault, hsm, storage, new CopiesLedger(blob, blobs), options, time), time, time.SetUtcNow);
        await engine.RunAsync<BringKeyResult>(
            BringKeyOrchestration.Name, new BringKeyInput { KeyName = "unused", KeyLabel = "unused", GenerateSizeInBits = 2048 }, "warm-up");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;
        engine.OnActivity = _ =>
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: false));
            engine.ForgetStatuses();
            return Task.CompletedTask;
        };

        var result = await RetireOnAsync(engine);

        Assert.True(result.IsRetired);
        Assert.Equal(blobs, result.Moved);
        Assert.Equal(blobs, container.Writes);
        Assert.True(most - before < 250_000_000, $"{(most - before) / 1e6:0} MB more than at the start");
        Assert.True(engine.LongestHistory <= BlobMover.PagesPerRun + 10, $"history of {engine.LongestHistory}");
    }

    private static Task<RetireBranchResult> RetireOnAsync(ReplayEngine engine) =>
        engine.RunAsync<RetireBranchResult>(RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = LifeStack.Key }, "retire");

    /// <summary>Knows a number of blobs, and keeps what is appended until it is read.</summary>
    private sealed class CopiesLedger(SmallBlob blob, int blobs) : ILedger
    {
        private readonly ConcurrentQueue<LedgerEvent> _appended = new();
        private long _sequence;

        public Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken)
        {
            _appended.Enqueue(ledgerEvent);
            return Task.CompletedTask;
        }

        public IAsyncEnumerable<LedgerEntry> ReadAsync(CancellationToken cancellationToken) => ReadAfterAsync(null, cancellationToken);

        public async IAsyncEnumerable<LedgerEntry> ReadAfterAsync(LedgerEntry? last, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            for (var number = 0; last is null && number < blobs; number++)
            {
                foreach (var recorded in blob.LedgerEvents("protected", $"{number}"))
                {
                    yield return new LedgerEntry(++_sequence, LifeStack.Start, recorded, string.Empty, string.Empty);
                }
            }

            while (_appended.TryDequeue(out var appended))
            {
                yield return new LedgerEntry(++_sequence, LifeStack.Start, appended, string.Empty, string.Empty);
            }
        }
    }
}
