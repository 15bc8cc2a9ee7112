using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Azure;
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

    private const int MaxBatch = 500;
    private const int TailLength = 256 * 1024;
    private const int PieceLength = 4 * 1024 * 1024;

    private readonly BlobContainerClient _container;
    private readonly TimeProvider _time;
    private readonly int _maxAppendsPerBlob;
    private readonly ConcurrentQueue<Pending> _queue = new();
    private readonly SemaphoreSlim _writer = new(1, 1);

    // What once stood in the ledger stands there for good: this outlives the tail, which is read again after every failure.
    private readonly RecentIds _recorded;
    private Tail? _tail;
    private bool _isTailCurrent;

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

    public Task AppendAsync(LedgerEvent ledgerEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledgerEvent);
        return AppendAsync([ledgerEvent], cancellationToken);
    }

    public async Task AppendAsync(IReadOnlyCollection<LedgerEvent> ledgerEvents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ledgerEvents);
        var all = ledgerEvents.Select(ledgerEvent => new Pending(ledgerEvent)).ToList();
        all.ForEach(_queue.Enqueue);
        var written = Task.WhenAll(all.Select(pending => pending.Done.Task));
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!written.IsCompleted)
            {
                await WriteBatchAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _writer.Release();
        }

        await written.ConfigureAwait(false);
    }

    public IAsyncEnumerable<LedgerEntry> ReadAsync(CancellationToken cancellationToken) => ReadAfterAsync(null, cancellationToken);

    public async IAsyncEnumerable<LedgerEntry> ReadAfterAsync(LedgerEntry? last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (sequence, previousHash) = last is null ? (0, LedgerChain.Genesis) : (last.Sequence, last.Hash);
        var (first, offset) = last?.End is { } end ? (end.Blob, end.Offset) : (1, 0);
        var lengths = await ListAsync(cancellationToken).ConfigureAwait(false);
        for (var number = first; ; number++)
        {
            var blob = Blob(number);
            if (!lengths.TryGetValue(number, out var length))
            {
                if (number <= lengths.Keys.DefaultIfEmpty().Max() || offset > 0)
                {
                    throw new IntegrityException($"Ledger blob '{blob.Name}' is missing, although entries of it or of a later one were read.");
                }

                yield break;
            }

            if (length < offset)
            {
                throw new IntegrityException($"Ledger blob '{blob.Name}' lost entries that were read before.");
            }

            while (length > offset)
            {
                var piece = await ReadPieceAsync(blob, offset, length, cancellationToken).ConfigureAwait(false);
                for (var start = 0; start < piece.Length;)
                {
                    var line = piece[start..(start + piece.Span[start..].IndexOf((byte)'\n'))];
                    start += line.Length + 1;
                    var entry = LedgerChain.ParseNext(line.Span, sequence + 1, previousHash) with { End = new LedgerPosition(number, offset + start) };
                    (sequence, previousHash) = (entry.Sequence, entry.Hash);
                    yield return entry;
                }

                offset += piece.Length;
            }

            offset = 0;
        }
    }

    /// <returns>Whole lines, as many as one request brings.</returns>
    private static async Task<ReadOnlyMemory<byte>> ReadPieceAsync(AppendBlobClient blob, long offset, long length, CancellationToken cancellationToken)
    {
        var wanted = Math.Min(PieceLength, length - offset);
        var options = new BlobDownloadOptions { Range = new HttpRange(offset, wanted) };
        var content = (await StorageFailures.TranslateAsync(blob.Name, () => blob.DownloadContentAsync(options, cancellationToken)).ConfigureAwait(false)).Value.Content.ToMemory();
        if (content.Length < wanted)
        {
            throw new ServiceUnavailableException($"Storage sent {content.Length} of {wanted} bytes of '{blob.Name}'.");
        }

        var end = content.Span.LastIndexOf((byte)'\n') + 1;
        return end > 0 ? content[..end] : throw new IntegrityException($"The end of ledger blob '{blob.Name}' is not a ledger line.");
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
            _isTailCurrent = false;
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
                _isTailCurrent = false;
            }
        }
    }

    private async Task AppendToTailAsync(List<Pending> batch, CancellationToken cancellationToken)
    {
        if (!_isTailCurrent)
        {
            _tail = await ReadTailAsync(_tail, cancellationToken).ConfigureAwait(false);
            _isTailCurrent = true;
        }

        var tail = _tail!;
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

    /// <summary>The ledger's blobs by number, with their lengths.</summary>
    private async Task<Dictionary<int, long>> ListAsync(CancellationToken cancellationToken)
    {
        var lengths = new Dictionary<int, long>();
        await StorageFailures.TranslateAsync(_container.Name, async () =>
        {
            await foreach (var item in _container.GetBlobsAsync(new GetBlobsOptions { Prefix = "ledger-" }, cancellationToken).ConfigureAwait(false))
            {
                if (item.Name.Split(['-', '.']) is [_, var digits, _] && int.TryParse(digits, out var number) && item.Name == Blob(number).Name)
                {
                    lengths[number] = item.Properties.ContentLength ?? 0;
                }
            }

            return true;
        }).ConfigureAwait(false);
        return lengths;
    }

    /// <param name="known">The end as this instance knew it: what it has appended there itself, without learning of it, must be among what is read.</param>
    private async Task<Tail> ReadTailAsync(Tail? known, CancellationToken cancellationToken)
    {
        // A blob that was begun but never written continues the one before it.
        foreach (var last in (await ListAsync(cancellationToken).ConfigureAwait(false)).Keys.OrderDescending())
        {
            var blob = Blob(last);
            var properties = await StorageFailures.TranslateAsync(blob.Name, () => blob.GetPropertiesAsync(cancellationToken: cancellationToken)).ConfigureAwait(false);
            if (properties.Value.ContentLength > 0)
            {
                return await ReadTailAsync(last, blob, properties.Value, known?.BlobNumber == last ? known.Length : long.MaxValue, cancellationToken).ConfigureAwait(false);
            }
        }

        return new Tail(1, 0, 0, 0, LedgerChain.Genesis, Exists: false);
    }

    private async Task<Tail> ReadTailAsync(int number, AppendBlobClient blob, BlobProperties properties, long from, CancellationToken cancellationToken)
    {
        var source = new BlobRangeSource(blob, properties.ETag, properties.ContentLength);
        var start = Math.Max(0, Math.Min(source.Length - TailLength, from - 1));
        var bytes = new byte[source.Length - start];
        await source.ReadAsync(start, bytes, cancellationToken).ConfigureAwait(false);
        var lines = Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n').AsSpan();
        if (start > 0)
        {
            lines = lines[1..]; // cut somewhere in its middle, or just the end of the line before
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
