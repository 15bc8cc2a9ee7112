using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Storage.Ledger;

/// <summary>
/// The chain's rule. An entry is one line of JSON; its hash is SHA-256 over <c>previous hash bytes || canonical JSON</c>,
/// where the canonical JSON holds sequence, time and event with members in declared order, details sorted by name, and no white space.
/// </summary>
public static class LedgerChain
{
    /// <summary>The hash before the first entry: 32 zero bytes.</summary>
    public static string Genesis { get; } = Base64Url.EncodeToString(new byte[32]);

    /// <summary>Puts an event behind an entry.</summary>
    public static LedgerEntry Append(long sequence, string previousHash, DateTimeOffset recordedOn, LedgerEvent ledgerEvent) =>
        new(sequence, recordedOn, ledgerEvent, previousHash, Hash(sequence, previousHash, recordedOn, ledgerEvent));

    /// <summary>One line of JSON, newline included.</summary>
    public static byte[] ToLine(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var node = Canonical(entry.Sequence, entry.RecordedOn, entry.Event);
        node["previousHash"] = entry.PreviousHash;
        node["hash"] = entry.Hash;
        return Encoding.UTF8.GetBytes(node.ToJsonString() + "\n");
    }

    /// <summary>Parses a line and verifies that it continues the chain.</summary>
    /// <exception cref="IntegrityException">It does not.</exception>
    public static LedgerEntry ParseNext(ReadOnlySpan<byte> line, long sequence, string previousHash)
    {
        var entry = ParseUnchained(line);
        if (entry.Sequence != sequence)
        {
            throw new IntegrityException($"Ledger entry {sequence} is missing or out of order: entry {entry.Sequence} stands in its place.");
        }

        if (entry.PreviousHash != previousHash)
        {
            throw new IntegrityException($"Ledger entry {sequence} does not follow the entry before it.");
        }

        return entry;
    }

    /// <summary>Parses a line and verifies its own hash, not its place in the chain.</summary>
    /// <exception cref="IntegrityException">It is no ledger line, or was altered.</exception>
    public static LedgerEntry ParseUnchained(ReadOnlySpan<byte> line)
    {
        try
        {
            var parsed = JsonSerializer.Deserialize<Line>(line, OrchestrationJson.Options)!;
            var ledgerEvent = new LedgerEvent
            {
                EventId = parsed.EventId,
                Kind = parsed.Kind,
                Subject = parsed.Subject,
                CorrelationId = parsed.CorrelationId,
                Details = parsed.Details,
            };
            var entry = Append(parsed.Sequence, parsed.PreviousHash, parsed.RecordedOn, ledgerEvent);
            // Byte for byte: there is one way to write an entry, so that nothing in a line can be changed unseen.
            return line.SequenceEqual(ToLine(entry).AsSpan()[..^1])
                ? entry
                : throw new IntegrityException($"Ledger entry {parsed.Sequence} was altered.");
        }
        catch (Exception exception) when (exception is JsonException or FormatException or NullReferenceException)
        {
            throw new IntegrityException("A line of the ledger is not a ledger entry.", exception);
        }
    }

    private static string Hash(long sequence, string previousHash, DateTimeOffset recordedOn, LedgerEvent ledgerEvent)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Base64Url.DecodeFromChars(previousHash));
        sha.AppendData(Encoding.UTF8.GetBytes(Canonical(sequence, recordedOn, ledgerEvent).ToJsonString()));
        return Base64Url.EncodeToString(sha.GetHashAndReset());
    }

    private static JsonObject Canonical(long sequence, DateTimeOffset recordedOn, LedgerEvent ledgerEvent)
    {
        var details = new JsonObject();
        foreach (var (name, value) in ledgerEvent.Details.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            details[name] = value;
        }

        return new JsonObject
        {
            ["sequence"] = sequence,
            ["recordedOn"] = recordedOn.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", null),
            ["eventId"] = ledgerEvent.EventId,
            ["kind"] = ledgerEvent.Kind,
            ["subject"] = ledgerEvent.Subject,
            ["correlationId"] = ledgerEvent.CorrelationId,
            ["details"] = details,
        };
    }

    private sealed record Line
    {
        public required long Sequence { get; init; }

        public required DateTimeOffset RecordedOn { get; init; }

        public required string EventId { get; init; }

        public required string Kind { get; init; }

        public required string Subject { get; init; }

        public required string CorrelationId { get; init; }

        public required Dictionary<string, string> Details { get; init; }

        public required string PreviousHash { get; init; }

        public required string Hash { get; init; }
    }
}
