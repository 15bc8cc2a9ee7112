using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;
using Byok.Core.Ports;
using Byok.Storage.Ledger;
using Byok.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Storage.Tests.Ledger;

public sealed class BlobLedgerTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Fact]
    public async Task ReadAsync_NothingWritten_IsEmpty()
    {
        var account = await azurite.CreateAccountAsync();

        Assert.Empty(await ReadAsync(new BlobLedger(account.Ledger, _time)));
    }

    [Fact]
    public async Task AppendAsync_Events_ComeBackInOrderAndChained()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);

        for (var i = 0; i < 5; i++)
        {
            await ledger.AppendAsync(Event(i) with { Details = new Dictionary<string, string> { ["b"] = "ü\n\"", ["a"] = $"{i}" } }, CancellationToken.None);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var entries = await ReadAsync(new BlobLedger(account.Ledger, _time));
        Assert.Equal([1, 2, 3, 4, 5], entries.Select(entry => entry.Sequence));
        Assert.Equal([LedgerChain.Genesis, .. entries.SkipLast(1).Select(entry => entry.Hash)], entries.Select(entry => entry.PreviousHash));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 9, TimeSpan.Zero), entries[^1].RecordedOn);
        Assert.Equal("ü\n\"", entries[^1].Event.Details["b"]);
        Assert.Equal("subject 4", entries[^1].Event.Subject);
    }

    [Fact]
    public async Task AppendAsync_TwoInstancesAtOnce_MakeOneChain()
    {
        const int each = 40;
        var account = await azurite.CreateAccountAsync();
        BlobLedger[] ledgers = [new(account.Ledger, _time), new(account.Ledger, _time)];

        await Task.WhenAll(Enumerable.Range(0, 2 * each).Select(i => Task.Run(() => ledgers[i % 2].AppendAsync(Event(i), CancellationToken.None))));

        var entries = await ReadAsync(ledgers[0]);
        Assert.Equal(Enumerable.Range(1, 2 * each).Select(i => (long)i), entries.Select(entry => entry.Sequence));
        Assert.Equal(Enumerable.Range(0, 2 * each).Select(i => $"event-{i}").Order(), entries.Select(entry => entry.Event.EventId).Order());
    }

    [Fact]
    public async Task AppendAsync_ManyWaiting_AreWrittenTogether()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => ledger.AppendAsync(Event(i), CancellationToken.None)));

        Assert.Equal(100, (await ReadAsync(ledger)).Count);
        var properties = await account.Ledger.GetAppendBlobClient("ledger-00000001.jsonl").GetPropertiesAsync();
        Assert.InRange(properties.Value.BlobCommittedBlockCount, 1, 50);
    }

    [Fact]
    public async Task AppendAsync_BlobIsFull_GoesOnInTheNext()
    {
        var account = await azurite.CreateAccountAsync();
        for (var i = 0; i < 10; i++)
        {
            // A new instance now and then: it has to find the end by itself.
            var ledger = new BlobLedger(account.Ledger, _time, maxAppendsPerBlob: 3);
            await ledger.AppendAsync(Event(2 * i), CancellationToken.None);
            await ledger.AppendAsync(Event((2 * i) + 1), CancellationToken.None);
        }

        var entries = await ReadAsync(new BlobLedger(account.Ledger, _time));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"event-{i}"), entries.Select(entry => entry.Event.EventId));
        Assert.Equal(7, (await BlobsAsync(account)).Count);
    }

    [Fact]
    public async Task AppendAsync_NextBlobBegunButNeverWritten_GoesOnInIt()
    {
        var account = await azurite.CreateAccountAsync();
        await new BlobLedger(account.Ledger, _time, 1).AppendAsync(Event(1), CancellationToken.None);
        await account.Ledger.GetAppendBlobClient("ledger-00000002.jsonl").CreateAsync();

        await new BlobLedger(account.Ledger, _time, 1).AppendAsync(Event(2), CancellationToken.None);

        Assert.Equal(["event-1", "event-2"], (await ReadAsync(new BlobLedger(account.Ledger, _time))).Select(entry => entry.Event.EventId));
        Assert.Equal(2, (await BlobsAsync(account)).Count);
    }

    [Fact]
    public async Task AppendAsync_SameEventAgain_StandsOnce()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);
        await ledger.AppendAsync(Event(1), CancellationToken.None);
        await ledger.AppendAsync(Event(1), CancellationToken.None);
        await ledger.AppendAsync(Event(2), CancellationToken.None);

        // As after a crash: an instance that remembers nothing.
        await new BlobLedger(account.Ledger, _time).AppendAsync(Event(1), CancellationToken.None);

        Assert.Equal(["event-1", "event-2"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Fact]
    public async Task AppendAsync_SameEventManyTimesAtOnce_StandsOnce()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);

        // All wait while the first is written, so they come to stand in one batch.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => ledger.AppendAsync(Event(i % 4), CancellationToken.None)));

        Assert.Equal(["event-0", "event-1", "event-2", "event-3"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId).Order());
    }

    [Fact]
    public async Task AppendAsync_SameEventAfterManyOthers_StandsOnce()
    {
        const int others = 1000; // more than the 256 KiB hold that a new instance reads
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);
        await ledger.AppendAsync(Event(0), CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(1, others).Select(i => ledger.AppendAsync(Event(i), CancellationToken.None)));

        await ledger.AppendAsync(Event(0), CancellationToken.None);

        Assert.Equal(others + 1, (await ReadAsync(ledger)).Count);
        var length = (await account.Ledger.GetAppendBlobClient("ledger-00000001.jsonl").GetPropertiesAsync()).Value.ContentLength;
        Assert.True(length > 256 * 1024, $"{length} bytes do not show that the instance remembers more than it would read.");
    }

    [Fact]
    public async Task AppendAsync_AppendFailedMeanwhile_IsStillRemembered()
    {
        var fails = false;
        var transport = new HttpClientTransport(new HttpClient(new FaultyHandler((request, next) =>
            fails && request.Method == HttpMethod.Put ? throw new HttpRequestException("no route to host") : next())));
        var account = await azurite.CreateAccountAsync(transport, options => options.Retry.MaxRetries = 0);
        var ledger = new BlobLedger(account.Ledger, _time, maxAppendsPerBlob: 1); // the tail is a blob of one event
        await ledger.AppendAsync(Event(1), CancellationToken.None);
        await ledger.AppendAsync(Event(2), CancellationToken.None);
        fails = true;
        await Assert.ThrowsAsync<ServiceUnavailableException>(() => ledger.AppendAsync(Event(3), CancellationToken.None));
        fails = false;

        await ledger.AppendAsync(Event(1), CancellationToken.None);
        await ledger.AppendAsync(Event(3), CancellationToken.None);

        Assert.Equal(["event-1", "event-2", "event-3"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Fact]
    public async Task AppendAsync_MoreThanIsRemembered_ForgetsTheOldestOnly()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time, BlobLedger.MaxAppendsPerBlob, rememberedEventIds: 2);

        foreach (var number in new[] { 1, 2, 3, 3, 2, 1 })
        {
            await ledger.AppendAsync(Event(number), CancellationToken.None);
        }

        // What is kept is bounded: event 1 was forgotten when event 3 came, so it is written again.
        Assert.Equal(["event-1", "event-2", "event-3", "event-1"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task AppendAsync_AnswerIsLostAfterTheEffect_IsNotDoubled(int maxAppendsPerBlob)
    {
        var lost = 0;
        var transport = new HttpClientTransport(new HttpClient(new FaultyHandler(async (request, next) =>
        {
            var response = await next();
            if (request.Method == HttpMethod.Put && request.RequestUri!.Query.Contains("comp=appendblock", StringComparison.Ordinal) && Interlocked.Increment(ref lost) % 2 == 1)
            {
                response.Dispose();
                throw new HttpRequestException("the connection was reset");
            }

            return response;
        })));
        var account = await azurite.CreateAccountAsync(transport, options => options.Retry.Delay = TimeSpan.FromMilliseconds(1));
        var ledger = new BlobLedger(account.Ledger, _time, maxAppendsPerBlob);

        for (var i = 0; i < 4; i++)
        {
            await ledger.AppendAsync(Event(i), CancellationToken.None);
        }

        Assert.True(lost > 1);
        Assert.Equal(["event-0", "event-1", "event-2", "event-3"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Fact]
    public async Task AppendAsync_AnswerToALongAppendIsLost_IsNotDoubled()
    {
        var isLost = false;
        var transport = new HttpClientTransport(new HttpClient(new FaultyHandler(async (request, next) =>
        {
            var response = await next();
            if (!isLost && request.Method == HttpMethod.Put && request.RequestUri!.Query.Contains("comp=appendblock", StringComparison.Ordinal))
            {
                isLost = true;
                response.Dispose();
                throw new HttpRequestException("the connection was reset");
            }

            return response;
        })));
        var account = await azurite.CreateAccountAsync(transport, options => options.Retry.Delay = TimeSpan.FromMilliseconds(1));
        await new BlobLedger(account.Ledger, _time).AppendAsync(Event(-1), CancellationToken.None);
        isLost = false;
        var events = Enumerable.Range(0, 400).Select(i => Event(i) with { Subject = new string('s', 1000) }).ToList();

        await new BlobLedger(account.Ledger, _time).AppendAsync(events, CancellationToken.None);

        Assert.True(isLost);
        Assert.Equal(401, (await ReadAsync(new BlobLedger(account.Ledger, _time))).Count);
        var properties = (await account.Ledger.GetAppendBlobClient("ledger-00000001.jsonl").GetPropertiesAsync()).Value;
        Assert.True(properties.ContentLength > 256 * 1024, "It fits into the tail that a new instance reads.");
        Assert.Equal(2, properties.BlobCommittedBlockCount); // one for all of them
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4_000)]
    public async Task ReadAfterAsync_AnyEntry_GivesWhatComesBehindIt(int maxAppendsPerBlob)
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time, maxAppendsPerBlob);
        for (var i = 0; i < 6; i++)
        {
            await ledger.AppendAsync(Event(i) with { Subject = "\u00fc \ud83d\udd11" }, CancellationToken.None);
        }

        LedgerEntry?[] all = [null, .. await ReadAsync(ledger)];
        foreach (var (last, index) in all.Select((entry, index) => (entry, index)))
        {
            Assert.Equal(Enumerable.Range(index + 1, 6 - index).Select(sequence => (long)sequence), await ledger.ReadAfterAsync(last, default).Select(entry => entry.Sequence).ToListAsync());
        }

        await ledger.AppendAsync(Event(6), CancellationToken.None);
        Assert.Equal("event-6", Assert.Single(await ledger.ReadAfterAsync(all[^1], default).ToListAsync()).Event.EventId);
    }

    [Fact]
    public async Task ReadAfterAsync_LedgerLostWhatWasRead_IsRefused()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);
        await ledger.AppendAsync(Event(0), CancellationToken.None);
        await ledger.AppendAsync(Event(1), CancellationToken.None);
        var last = (await ReadAsync(ledger))[^1];
        var blob = account.Ledger.GetAppendBlobClient("ledger-00000001.jsonl");
        var lines = (await blob.DownloadContentAsync()).Value.Content.ToString().Split('\n');
        await blob.CreateAsync();
        await blob.AppendBlockAsync(BinaryData.FromString(lines[0] + "\n").ToStream());
        await Assert.ThrowsAsync<IntegrityException>(async () => await ledger.ReadAfterAsync(last, default).ToListAsync());

        await blob.DeleteAsync();
        await Assert.ThrowsAsync<IntegrityException>(async () => await ledger.ReadAfterAsync(last, default).ToListAsync());
    }

    [Fact]
    public async Task ReadAsync_MoreThanOneRequestBrings_GivesEveryEntry()
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, _time);
        await ledger.AppendAsync([.. Enumerable.Range(0, 6_000).Select(i => Event(i) with { Subject = new string('s', 1000) })], CancellationToken.None);

        Assert.Equal(Enumerable.Range(0, 6_000).Select(i => $"event-{i}"), (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Fact]
    public async Task AppendAsync_StorageFails_EveryWaiterLearnsItAndTheNextAppendWorks()
    {
        var fails = true;
        var transport = new HttpClientTransport(new HttpClient(new FaultyHandler((request, next) =>
            fails && request.Method == HttpMethod.Put && request.RequestUri!.Query.Contains("comp=appendblock", StringComparison.Ordinal)
                ? throw new HttpRequestException("no route to host")
                : next())));
        var account = await azurite.CreateAccountAsync(transport, options => options.Retry.MaxRetries = 0);
        var ledger = new BlobLedger(account.Ledger, _time);

        var waiting = Enumerable.Range(0, 5).Select(i => ledger.AppendAsync(Event(i), CancellationToken.None)).ToList();
        foreach (var append in waiting)
        {
            await Assert.ThrowsAsync<ServiceUnavailableException>(() => append);
        }

        fails = false;
        await ledger.AppendAsync(Event(9), CancellationToken.None);
        Assert.Equal(["event-9"], (await ReadAsync(ledger)).Select(entry => entry.Event.EventId));
    }

    [Fact]
    public async Task AppendAsync_EndOfTheLedgerIsNoEntry_IsRefused()
    {
        var account = await azurite.CreateAccountAsync();
        var blob = account.Ledger.GetAppendBlobClient("ledger-00000001.jsonl");
        await blob.CreateAsync();
        await blob.AppendBlockAsync(new MemoryStream("not a ledger line\n"u8.ToArray()));

        await Assert.ThrowsAsync<IntegrityException>(() => new BlobLedger(account.Ledger, _time).AppendAsync(Event(1), CancellationToken.None));
    }

    private static LedgerEvent Event(int number) => new()
    {
        EventId = $"event-{number}",
        Kind = "blob.confirmed",
        Subject = $"subject {number}",
        CorrelationId = "operation",
    };

    private static async Task<List<LedgerEntry>> ReadAsync(BlobLedger ledger)
    {
        var entries = new List<LedgerEntry>();
        await foreach (var entry in ledger.ReadAsync(CancellationToken.None))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static async Task<List<BlobItem>> BlobsAsync(StorageAccount account)
    {
        var blobs = new List<BlobItem>();
        await foreach (var blob in account.Ledger.GetBlobsAsync())
        {
            blobs.Add(blob);
        }

        return blobs;
    }
}
