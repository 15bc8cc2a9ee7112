using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Byok.Core.Errors;
using Byok.Export.Messages;

namespace Byok.Export.Record;

/// <summary>
/// A line of the record: one JSON object, <c>{"sequence":…,"recordedOn":…,"kind":…,"details":{…},"previousHash":"…","hash":"…"}</c> and a line feed.
/// The hash is SHA-256 over the bytes of the line as they stand there, without <c>,"hash":"…"</c>; so it can be checked with any tool, and
/// no rule about how JSON is written comes into it.
/// </summary>
internal static class AgentRecordLine
{
    /// <summary>Longest line, in bytes, line feed included: 128 KiB.</summary>
    public const int MaxLengthInBytes = 128 * 1024;

    private const int HashLength = 43;
    private static readonly byte[] HashMember = Encoding.ASCII.GetBytes(",\"hash\":\"");

    /// <summary>The hash before the first entry: 32 zero bytes.</summary>
    public static string Genesis { get; } = Base64Url.EncodeToString(new byte[32]);

    public static byte[] Write(
        long sequence, DateTimeOffset recordedOn, string kind, IReadOnlyDictionary<string, string> details, string previousHash, out string hash)
    {
        var body = ContractJson.Write(new Body(sequence, recordedOn, kind, details, previousHash));
        hash = Base64Url.EncodeToString(SHA256.HashData(body));
        return [.. body.AsSpan(0, body.Length - 1), .. HashMember, .. Encoding.ASCII.GetBytes(hash), .. "\"}\n"u8];
    }

    /// <summary>Reads a line and verifies its hash and its place in the chain.</summary>
    /// <param name="line">The line without its line feed.</param>
    /// <param name="sequence">The sequence it must have.</param>
    /// <param name="previousHash">The hash it must continue.</param>
    /// <exception cref="IntegrityException">It was altered, or does not follow.</exception>
    public static AgentRecordEntry Read(ReadOnlySpan<byte> line, long sequence, string previousHash)
    {
        var tail = HashMember.Length + HashLength + 2;
        if (line.Length < tail || !line[^tail..].StartsWith(HashMember) || !line.EndsWith("\"}"u8))
        {
            throw new IntegrityException($"Entry {sequence} of the agent's record is not an entry.");
        }

        byte[] body = [.. line[..^tail], (byte)'}'];
        var hash = Encoding.ASCII.GetString(line[^(HashLength + 2)..^2]);
        if (Base64Url.EncodeToString(SHA256.HashData(body)) != hash || !ContractJson.TryRead<Body>(body, out var parsed))
        {
            throw new IntegrityException($"Entry {sequence} of the agent's record was altered.");
        }

        if (parsed.Sequence != sequence)
        {
            throw new IntegrityException(
                string.Create(CultureInfo.InvariantCulture, $"Entry {sequence} of the agent's record is missing or out of order: entry {parsed.Sequence} stands in its place."));
        }

        return parsed.PreviousHash == previousHash
            ? new AgentRecordEntry(sequence, parsed.RecordedOn, parsed.Kind, parsed.Details, previousHash, hash)
            : throw new IntegrityException($"Entry {sequence} of the agent's record does not follow the entry before it.");
    }

    private sealed record Body(
        long Sequence, DateTimeOffset RecordedOn, string Kind, IReadOnlyDictionary<string, string> Details, string PreviousHash);
}
