using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Byok.Core.Errors;

namespace Byok.Export.Record;

/// <summary>
/// The agent's record: an append-only, hash-chained file of JSON lines. An entry counts when its line is on the disk; what was answered is in it,
/// so a process that dies at any instruction has either recorded an export, and gives the same answer again, or has told nobody.
/// One process at a time. Safe for many threads.
/// </summary>
public sealed class AgentRecord : IDisposable
{
    /// <summary>Name of the record in the state folder.</summary>
    public const string FileName = "agent.log.jsonl";

    /// <summary>Name of the head file in the state folder.</summary>
    public const string HeadFileName = "agent.log.head";

    private const string LockFileName = "agent.lock";
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly string _headPath;
    private readonly FileStream _lock;
    private readonly FileStream _stream;
    private AgentRecordHead _last = AgentRecordHead.Empty;
    private long _end;
    private bool _broken;

    private AgentRecord(string stateFolder, TimeProvider time, FileStream lockStream)
    {
        _time = time;
        _lock = lockStream;
        _headPath = Path.Combine(stateFolder, HeadFileName);
        _stream = new FileStream(Path.Combine(stateFolder, FileName), OpenOptions(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
    }

    /// <summary>The last entry's sequence and hash.</summary>
    public AgentRecordHead Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Opens the record, verifies all of it, and repairs a last line that a crash tore.</summary>
    /// <param name="stateFolder">The state folder; made when it is missing.</param>
    /// <param name="onEntry">Gets every entry on the way, and where it stands.</param>
    /// <exception cref="IntegrityException">The record was tampered with.</exception>
    /// <exception cref="ConfigurationException">Another agent uses the folder.</exception>
    public static AgentRecord Open(string stateFolder, TimeProvider time, Action<AgentRecordEntry, AgentRecordPosition>? onEntry = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateFolder);
        ArgumentNullException.ThrowIfNull(time);
        CreateFolder(stateFolder);
        var record = new AgentRecord(stateFolder, time, Lock(stateFolder));
        try
        {
            record.Load(onEntry);
            return record;
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    /// <summary>Appends an entry; returns when it is on the disk.</summary>
    /// <exception cref="IOException">It could not be written; nothing is recorded.</exception>
    public AgentRecordPosition Append(string kind, IReadOnlyDictionary<string, string> details)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentNullException.ThrowIfNull(details);
        lock (_gate)
        {
            if (_broken)
            {
                throw new IOException("The agent's record could not be written before and is closed; free the disk and restart the agent.");
            }

            var (sequence, previous, now) = (_last.Sequence + 1, _last.Hash, _time.GetUtcNow());
            var line = AgentRecordLine.Write(sequence, now, kind, details, previous, out var hash);
            if (line.Length > AgentRecordLine.MaxLengthInBytes)
            {
                throw new ArgumentException($"An entry of {line.Length} bytes is too long.", nameof(details));
            }

            Write(line);
            var position = new AgentRecordPosition(sequence, _end, line.Length - 1, previous);
            _last = new AgentRecordHead(sequence, hash);
            _end += line.Length;
            SaveHead();
            return position;
        }
    }

    /// <summary>Reads an entry again, and verifies it again.</summary>
    /// <exception cref="IntegrityException">It was altered since.</exception>
    public AgentRecordEntry Read(AgentRecordPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        lock (_gate)
        {
            var line = new byte[position.Length];
            _stream.Position = position.Offset;
            return _stream.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length
                ? AgentRecordLine.Read(line, position.Sequence, position.PreviousHash)
                : throw new IntegrityException($"Entry {position.Sequence} of the agent's record was cut off while the agent ran.");
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _lock.Dispose();
    }

    private void Load(Action<AgentRecordEntry, AgentRecordPosition>? onEntry)
    {
        (_last, _end, var torn) = AgentRecordReader.Read(_stream, AgentRecordHead.Load(_headPath), (entry, position) => onEntry?.Invoke(entry, position));
        if (torn > 0)
        {
            var bytes = new byte[torn];
            _stream.Position = _end;
            _stream.ReadExactly(bytes);
            _stream.SetLength(_end);
            Append(AgentRecordKind.Repaired, new Dictionary<string, string>
            {
                ["bytes"] = torn.ToString(CultureInfo.InvariantCulture),
                ["sha256"] = Base64Url.EncodeToString(SHA256.HashData(bytes)),
            });
        }
    }

    private void Write(byte[] line)
    {
        try
        {
            _stream.Position = _end;
            _stream.Write(line);
            _stream.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            try
            {
                _stream.SetLength(_end); // half a line must not stay in front of the next one
            }
            catch (IOException)
            {
                _broken = true;
            }

            throw;
        }
    }

    private void SaveHead()
    {
        try
        {
            _last.Save(_headPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The entry itself is on the disk and counts; but nothing more is taken while its end cannot be vouched for.
            _broken = true;
        }
    }

    private static FileStream Lock(string stateFolder)
    {
        try
        {
            return new FileStream(Path.Combine(stateFolder, LockFileName), OpenOptions(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"Another agent uses the state folder '{stateFolder}', or it cannot be written; each agent needs its own.", exception);
        }
    }

    private static void CreateFolder(string stateFolder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(stateFolder);
        }
        else
        {
            Directory.CreateDirectory(stateFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStreamOptions OpenOptions(FileMode mode, FileAccess access, FileShare share)
    {
        // Unbuffered: Flush(true) then means the bytes of this line and nothing older.
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
