using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;
using Byok.Core.Ports;

namespace Byok.Storage.Ledger;

/// <summary>
/// The ledger on append blobs <c>ledger-00000001.jsonl</c>, ... An append blob holds at most 50,000 appends, and the emulator opens a file for each when it reads
/// one, so a new one is begun long before that; the chain runs on across them. Appends are conditional on the position, so writers in several processes never fork the chain.
/// Events that wait while an append is under way are written together by the next one.
/// An event that is given again stands once: it is looked for among the last <see cref="RememberedEventIds"/> that this instance has written or read, and an instance
/// that begins reads the last 256 KiB. One that comes again later than that, from a process that died between append and acknowledgement, stands twice; the first counts.
/// </summary>
public sealed class BlobLedger : ILedger
{
    /// <summary>Appends to one blob before the next is begun.</summary>
    public const int MaxAppendsPerBlob = 4_000;

    /// <summary>Event ids that an instance remembers, so that a repeat is not written again.</summary>
    public const int RememberedEventIds = 8_192;

    private const int MaxBatch = 256;
    private const int TailLength = 256 * 1024;

    private readonly BlobContainerClient _container;
    private readonly TimeProvider _time;
    private readonly int _maxAppendsPerBlob;
    private readonly ConcurrentQueue<Pending> _queue = new();
    private readonly SemaphoreSlim _writer = new(1, 1);

    // What once stood in the ledger stands there for good: this outlives the tail, which is read again after every failure.
    private readonly RecentIds _recorded;
    private Tail? _tail;

    /// <summary>Opens the ledger in a container that exists.</summary>
    public BlobLedger(BlobContainerClient container, TimeProvider time)
        : this(container, time, MaxAppendsPerBlob)
    {
    }

    internal BlobLedger(BlobContainerClient container, TimeProvider time, int maxAppendsPerBlob, int rememberedEventIds = RememberedEventIds)
    {
        _recorded = new RecentIds(rememberedEventIds);
        _container = container;
        _time = time;
        _maxAppendsPerBlob = maxAppendsPerBlob;
    }

    /// <inheritdoc/>
    public async Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledgerEvent);
        var pending = new Pending(ledgerEvent);
        _queue.Enqueue(pending);
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!pending.Done.Task.IsCompleted)
            {
                await WriteBatchAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _writer.Release();
        }

        await pending.Done.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LedgerEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sequence = 0L;
        var previousHash = LedgerChain.Genesis;
        for (var number = 1; ; number++)
        {
            var blob = Blob(number);
            if (!await StorageFailures.TranslateAsync(blob.Name, async () => (await blob.ExistsAsync(cancellationToken).ConfigureAwait(false)).Value).ConfigureAwait(false))
            {
                if (await FindLastAsync(cancellationToken).ConfigureAwait(false) > number)
                {
                    throw new IntegrityException($"Ledger blob '{blob.Name}' is missing, although a later one is there.");
                }

                yield break;
            }

            using var stream = await StorageFailures.TranslateAsync(
                blob.Name, () => blob.OpenReadAsync(new BlobOpenReadOptions(allowModifications: true), cancellationToken)).ConfigureAwait(false);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            while (await StorageFailures.TranslateAsync(blob.Name, () => reader.ReadLineAsync(cancellationToken).AsTask()).ConfigureAwait(false) is { } line)
            {
                var entry = LedgerChain.ParseNext(Encoding.UTF8.GetBytes(line), sequence + 1, previousHash);
                (sequence, previousHash) = (entry.Sequence, entry.Hash);
                yield return entry;
            }
        }
    }

    private async Task WriteBatchAsync(CancellationToken cancellationToken)
    {
        var batch = new List<Pending>();
        while (batch.Count < MaxBatch && _queue.TryDequeue(out var pending))
        {
            batch.Add(pending);
        }

        try
        {
            await AppendToChainAsync(batch, cancellationToken).ConfigureAwait(false);
            batch.ForEach(pending => pending.Done.TrySetResult());
        }
        catch (Exception exception)
        {
            // The others of the batch wait for this write too: they learn why it failed.
            _tail = null;
            batch.ForEach(pending => pending.Done.TrySetException(exception));
        }
    }

    private async Task AppendToChainAsync(List<Pending> batch, CancellationToken cancellationToken)
    {
        const int attempts = 50;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await AppendToTailAsync(batch, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ConcurrentWriteException) when (attempt < attempts)
            {
                // Another process appended, while we read the tail or after; or our own append arrived although its answer did not: look again.
                _tail = null;
            }
        }
    }

    private async Task AppendToTailAsync(List<Pending> batch, CancellationToken cancellationToken)
    {
        var tail = _tail ??= await ReadTailAsync(cancellationToken).ConfigureAwait(false);
        var fresh = batch.Where(pending => !_recorded.Contains(pending.Event.EventId)).DistinctBy(pending => pending.Event.EventId, StringComparer.Ordinal).ToList();
        if (fresh.Count == 0)
        {
            return;
        }

        if (tail.Appends >= _maxAppendsPerBlob)
        {
            tail = tail with { BlobNumber = tail.BlobNumber + 1, Length = 0, Appends = 0, Exists = false };
        }

        using var lines = new MemoryStream();
        var (sequence, hash) = (tail.Sequence, tail.Hash);
        foreach (var pending in fresh)
        {
            var entry = LedgerChain.Append(++sequence, hash, _time.GetUtcNow(), pending.Event);
            hash = entry.Hash;
            lines.Write(LedgerChain.ToLine(entry));
        }

        await AppendBlockAsync(tail, lines, cancellationToken).ConfigureAwait(false);
        fresh.ForEach(pending => _recorded.Add(pending.Event.EventId));
        _tail = tail with
        {
            Sequence = sequence,
            Hash = hash,
            Length = tail.Length + lines.Length,
            Appends = tail.Appends + 1,
            Exists = true,
        };
    }

    private async Task AppendBlockAsync(Tail tail, MemoryStream lines, CancellationToken cancellationToken)
    {
        var blob = Blob(tail.BlobNumber);
        await StorageFailures.TranslateAsync(blob.Name, async () =>
        {
            if (!tail.Exists)
            {
                await blob.CreateIfNotExistsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            lines.Position = 0;
            var options = new AppendBlobAppendBlockOptions { Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = tail.Length } };
            return await blob.AppendBlockAsync(lines, options, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>The highest number that a ledger blob has; 0 when there is none.</summary>
    private async Task<int> FindLastAsync(CancellationToken cancellationToken)
    {
        var last = 0;
        await StorageFailures.TranslateAsync(_container.Name, async () =>
        {
            await foreach (var item in _container.GetBlobsAsync(new GetBlobsOptions { Prefix = "ledger-" }, cancellationToken).ConfigureAwait(false))
            {
                if (int.TryParse(item.Name.AsSpan("ledger-".Length, 8), out var number) && item.Name == Blob(number).Name)
                {
                    last = Math.Max(last, number);
                }
            }

            return true;
        }).ConfigureAwait(false);
        return last;
    }

    private async Task<Tail> ReadTailAsync(CancellationToken cancellationToken)
    {
        // A blob that was begun but never written continues the one before it.
        for (var last = await FindLastAsync(cancellationToken).ConfigureAwait(false); last > 0; last--)
        {
            var blob = Blob(last);
            var properties = await StorageFailures.TranslateAsync(blob.Name, () => blob.GetPropertiesAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
            if (properties.Value.ContentLength > 0)
            {
                return await ReadTailAsync(last, blob, properties.Value, cancellationToken).ConfigureAwait(false);
            }
        }

        return new Tail(1, 0, 0, 0, LedgerChain.Genesis, Exists: false);
    }

    private async Task<Tail> ReadTailAsync(int number, AppendBlobClient blob, BlobProperties properties, CancellationToken cancellationToken)
    {
        var source = new BlobRangeSource(blob, properties.ETag, properties.ContentLength);
        var bytes = new byte[Math.Min(TailLength, source.Length)];
        await source.ReadAsync(source.Length - bytes.Length, bytes, cancellationToken).ConfigureAwait(false);
        var lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).AsSpan();
        if (bytes.Length < source.Length)
        {
            lines = lines[1..]; // cut somewhere in its middle
        }

        if (lines.IsEmpty)
        {
            throw new IntegrityException($"The end of ledger blob '{blob.Name}' is not a ledger line.");
        }

        LedgerEntry? entry = null;
        foreach (var line in lines)
        {
            entry = LedgerChain.ParseUnchained(Encoding.UTF8.GetBytes(line));
            _recorded.Add(entry.Event.EventId);
        }

        return new Tail(number, properties.ContentLength, properties.BlobCommittedBlockCount, entry!.Sequence, entry.Hash, Exists: true);
    }

    private AppendBlobClient Blob(int number) => _container.GetAppendBlobClient($"ledger-{number:D8}.jsonl");

    private sealed record Tail(int BlobNumber, long Length, int Appends, long Sequence, string Hash, bool Exists);

    private sealed record Pending(LedgerEvent Event)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
