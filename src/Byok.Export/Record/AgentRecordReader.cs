using Byok.Core.Errors;

namespace Byok.Export.Record;

/// <summary>Reads a record from its beginning and verifies it on the way.</summary>
internal static class AgentRecordReader
{
    /// <summary>Reads all whole lines.</summary>
    /// <param name="stream">The record, at its beginning.</param>
    /// <param name="head">What the head file says; null when there is none.</param>
    /// <param name="onEntry">Gets each entry and where it stands.</param>
    /// <returns>The last entry, where its line ends, and how many bytes of a torn line follow.</returns>
    /// <exception cref="IntegrityException">An entry was altered, dropped, reordered or inserted, or the end was cut off.</exception>
    public static (AgentRecordHead Last, long End, int TornBytes) Read(Stream stream, AgentRecordHead? head, Action<AgentRecordEntry, AgentRecordPosition> onEntry)
    {
        var last = AgentRecordHead.Empty;
        var buffer = new byte[AgentRecordLine.MaxLengthInBytes];
        var (filled, start, offset) = (0, 0, 0L);
        while (true)
        {
            var newline = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var entry = AgentRecordLine.Read(buffer.AsSpan(start, newline), last.Sequence + 1, last.Hash);
                if (head?.Sequence == entry.Sequence && head.Hash != entry.Hash)
                {
                    throw new IntegrityException($"Entry {entry.Sequence} of the agent's record is not the one that was written: its hash is not that of the head file.");
                }

                onEntry(entry, new AgentRecordPosition(entry.Sequence, offset, newline, last.Hash));
                last = new AgentRecordHead(entry.Sequence, entry.Hash);
                start += newline + 1;
                offset += newline + 1;
                continue;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            (filled, start) = (filled - start, 0);
            if (filled == buffer.Length)
            {
                throw new IntegrityException($"Entry {last.Sequence + 1} of the agent's record is longer than an entry can be.");
            }

            var read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        // A crash can lose the line that was being written, and the head after the very first line; nothing else.
        if (last.Sequence < (head?.Sequence ?? 0) || (head is null && last.Sequence > 1))
        {
            throw new IntegrityException(
                head is null
                    ? "The head file of the agent's record is missing; the end of the record cannot be vouched for."
                    : $"The agent's record ends with entry {last.Sequence}, but entry {head.Sequence} was written; its end was cut off.");
        }

        return (last, offset, filled);
    }
}
