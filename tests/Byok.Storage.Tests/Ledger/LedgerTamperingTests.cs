using System.Text;
using Azure.Storage.Blobs.Specialized;
using Byok.Core.Errors;
using Byok.Core.Ports;
using Byok.Storage.Ledger;
using Byok.Testing;

namespace Byok.Storage.Tests.Ledger;

/// <summary>Somebody who may write to the ledger's container changes history.</summary>
public sealed class LedgerTamperingTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string First = "ledger-00000001.jsonl";

    [Fact]
    public async Task ReadAsync_EveryCharacterAltered_IsDetected()
    {
        var lines = await CreateLinesAsync(2);
        var line = lines[0];
        for (var position = 0; position < line.Length; position++)
        {
            var altered = line[..position] + (line[position] == '7' ? '8' : '7') + line[(position + 1)..];
            Assert.ThrowsAny<IntegrityException>(() => LedgerChain.ParseNext(Encoding.UTF8.GetBytes(altered), 1, LedgerChain.Genesis));
        }
    }

    [Fact]
    public async Task ReadAsync_LineAltered_NamesIt() =>
        await AssertDetectedAsync(lines => lines[1] = lines[1].Replace("subject 2", "subject 9", StringComparison.Ordinal), "entry 2 was altered");

    [Fact]
    public async Task ReadAsync_LineDropped_NamesIt() => await AssertDetectedAsync(lines => lines.RemoveAt(1), "entry 2 is missing");

    [Fact]
    public async Task ReadAsync_FirstLineDropped_NamesIt() => await AssertDetectedAsync(lines => lines.RemoveAt(0), "entry 1 is missing");

    [Fact]
    public async Task ReadAsync_LinesSwapped_NamesThem() => await AssertDetectedAsync(lines => (lines[1], lines[2]) = (lines[2], lines[1]), "entry 2 is missing or out of order");

    [Fact]
    public async Task ReadAsync_LineDoubled_NamesIt() => await AssertDetectedAsync(lines => lines.Insert(1, lines[1]), "entry 3 is missing or out of order");

    [Fact]
    public async Task ReadAsync_ForgedLineInserted_NamesTheBreak() =>
        await AssertDetectedAsync(lines => lines[1] = Forge(2, LedgerChain.Genesis), "entry 2 does not follow");

    [Fact]
    public async Task ReadAsync_ForgedLineThatFollows_BreaksAtTheNext() =>
        await AssertDetectedAsync(
            lines => lines[1] = Forge(2, LedgerChain.ParseNext(Encoding.UTF8.GetBytes(lines[0]), 1, LedgerChain.Genesis).Hash), "entry 3 does not follow");

    [Fact]
    public async Task ReadAsync_LineThatIsNone_IsDetected() => await AssertDetectedAsync(lines => lines.Insert(2, "{}"), "not a ledger entry");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task ReadAsync_BlobDeletedFromBeforeTheLast_IsDetected(int number)
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, TimeProvider.System, maxAppendsPerBlob: 1);
        for (var i = 1; i <= 3; i++)
        {
            await ledger.AppendAsync(Event(i), CancellationToken.None);
        }

        await account.Ledger.GetBlobClient($"ledger-{number:D8}.jsonl").DeleteAsync();

        var failure = await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(ledger));
        Assert.Contains($"ledger-{number:D8}.jsonl", failure.Message, StringComparison.Ordinal);
    }

    private async Task AssertDetectedAsync(Action<List<string>> tamper, string saying)
    {
        var account = await azurite.CreateAccountAsync();
        var lines = await CreateLinesAsync(4);
        tamper(lines);
        var blob = account.Ledger.GetAppendBlobClient(First);
        await blob.CreateAsync();
        await blob.AppendBlockAsync(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")))));

        var failure = await Assert.ThrowsAsync<IntegrityException>(() => ReadAsync(new BlobLedger(account.Ledger, TimeProvider.System)));

        Assert.Contains(saying, failure.Message, StringComparison.Ordinal);
    }

    private async Task<List<string>> CreateLinesAsync(int count)
    {
        var account = await azurite.CreateAccountAsync();
        var ledger = new BlobLedger(account.Ledger, TimeProvider.System);
        for (var i = 1; i <= count; i++)
        {
            await ledger.AppendAsync(Event(i), CancellationToken.None);
        }

        var text = (await account.Ledger.GetBlobClient(First).DownloadContentAsync()).Value.Content.ToString();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static string Forge(long sequence, string previousHash) =>
        Encoding.UTF8.GetString(LedgerChain.ToLine(LedgerChain.Append(sequence, previousHash, DateTimeOffset.UnixEpoch, Event(99)))).TrimEnd('\n');

    private static LedgerEvent Event(int number) => new()
    {
        EventId = $"event-{number}",
        Kind = "key.imported",
        Subject = $"subject {number}",
        CorrelationId = "operation",
    };

    private static async Task ReadAsync(BlobLedger ledger)
    {
        await foreach (var entry in ledger.ReadAsync(CancellationToken.None))
        {
            Assert.NotNull(entry.Hash);
        }
    }
}
