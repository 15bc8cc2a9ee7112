using System.Globalization;
using System.Text;
using Byok.Core.Errors;

namespace Byok.Export.Record;

/// <summary>
/// The last entry's sequence and hash, kept in a file beside the record and written after it: a chain alone does not show that its
/// end was cut off. A record may be ahead of its head (a crash between the two), never behind.
/// </summary>
/// <param name="Sequence">The last entry.</param>
public sealed record AgentRecordHead(long Sequence, string Hash)
{
    /// <summary>Before the first entry.</summary>
    public static AgentRecordHead Empty { get; } = new(0, AgentRecordLine.Genesis);

    internal static AgentRecordHead? Load(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        return File.ReadAllText(path).TrimEnd('\n').Split(' ') is [var number, { Length: 43 } hash]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? new AgentRecordHead(sequence, hash)
            : throw new IntegrityException($"'{path}' does not name the last entry of the agent's record; it was altered.");
    }

    internal void Save(string path)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Sequence} {Hash}\n")));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
