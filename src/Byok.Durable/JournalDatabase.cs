using Byok.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Byok.Durable;

/// <summary>
/// The journal's SQLite file: one connection, its calls serialised; every write is one transaction.
/// Several processes may have it open (write-ahead log).
/// </summary>
internal sealed class JournalDatabase : IDisposable
{
    /// <summary>"BYOK" in SQLite's header: tells our file from any other database.</summary>
    private const long ApplicationId = 0x42594F4B;

    private const long Version = 1;

    private const string Schema = """
        CREATE TABLE instances(
            id TEXT PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL, run_id TEXT NOT NULL, input TEXT NOT NULL,
            created_on INTEGER NOT NULL, updated_on INTEGER NOT NULL, status TEXT, output TEXT, failure TEXT,
            owner TEXT, parent_id TEXT, parent_step INTEGER NOT NULL);
        CREATE INDEX live_instances ON instances(owner) WHERE state < 2;
        CREATE INDEX children ON instances(parent_id) WHERE parent_id IS NOT NULL;
        CREATE TABLE history(
            instance_id TEXT NOT NULL, sequence INTEGER NOT NULL, kind INTEGER NOT NULL, step INTEGER NOT NULL, name TEXT, payload TEXT, at INTEGER NOT NULL,
            PRIMARY KEY(instance_id, sequence)) WITHOUT ROWID;
        CREATE TABLE inbox(number INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, event_name TEXT, payload TEXT NOT NULL);
        CREATE INDEX inbox_instances ON inbox(instance_id);
        """;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly Action<JournalWritePhase>? _onWrite;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private bool _isClosed;

    private JournalDatabase(string path, SqliteConnection connection, Action<JournalWritePhase>? onWrite)
    {
        _path = path;
        _connection = connection;
        _onWrite = onWrite;
    }

    /// <exception cref="ConfigurationException">The file cannot be used.</exception>
    public static JournalDatabase Open(string path, Action<JournalWritePhase>? onWrite)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        var database = new JournalDatabase(path, connection, onWrite);
        try
        {
            connection.Open();
            database.Prepare();
            return database;
        }
        catch (Exception exception)
        {
            database.Dispose();
            if (exception is SqliteException failure)
            {
                throw JournalFailures.From(failure, path);
            }

            throw;
        }
    }

    /// <summary>Runs queries.</summary>
    public T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            try
            {
                return read();
            }
            catch (SqliteException exception)
            {
                throw JournalFailures.From(exception, _path);
            }
            catch (Exception exception) when (JournalFailures.IsDamage(exception))
            {
                throw JournalFailures.Damaged(exception, _path);
            }
        }
    }

    /// <summary>Runs statements as one transaction.</summary>
    public T Write<T>(Func<T> write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _onWrite?.Invoke(JournalWritePhase.BeforeCommit);
            T result;
            try
            {
                result = InTransaction(write);
            }
            catch (SqliteException exception)
            {
                throw JournalFailures.From(exception, _path);
            }
            catch (Exception exception) when (JournalFailures.IsDamage(exception))
            {
                throw JournalFailures.Damaged(exception, _path);
            }

            _onWrite?.Invoke(JournalWritePhase.AfterCommit);
            return result;
        }
    }

    /// <summary>Runs a statement; the values are its parameters $1, $2 ... To be called inside <see cref="Read"/> or <see cref="Write"/>.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>Runs a query likewise.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        using var reader = Bind(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(Map(reader, map));
        }

        return rows;
    }

    private static T Map<T>(SqliteDataReader row, Func<SqliteDataReader, T> map)
    {
        try
        {
            return map(row);
        }
        catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
        {
            // So the reader says that a column is NULL. Ours that are read without asking never are.
            throw new InvalidCastException("A column that is never empty is NULL.", exception);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (var command in _commands.Values)
            {
                command.Dispose();
            }

            _commands.Clear();
            _connection.Dispose();
        }
    }

    private void Prepare()
    {
        Execute("PRAGMA busy_timeout = 30000");
        UseWriteAheadLog();
        // A process that dies loses nothing. A machine that loses power may lose the last transactions, never a part of one:
        // the instances go on from a little earlier, which activities stand because they run at least once.
        Execute("PRAGMA synchronous = NORMAL");
        InTransaction(() =>
        {
            var version = Scalar("PRAGMA user_version");
            if (version == 0 && Scalar("SELECT count(*) FROM sqlite_schema") == 0)
            {
                Execute(Schema);
                Execute($"PRAGMA application_id = {ApplicationId}");
                Execute($"PRAGMA user_version = {Version}");
                return 0;
            }

            if (Scalar("PRAGMA application_id") != ApplicationId)
            {
                throw new ConfigurationException($"'{_path}' is a database of something else, not an orchestration journal; name another file.");
            }

            return version <= Version
                ? 0
                : throw new ConfigurationException(
                    $"The journal '{_path}' was written by a newer version (format {version}, this one knows {Version}); use that version.");
        });
    }

    private void UseWriteAheadLog()
    {
        // The first two processes on a new file may collide here, and SQLite does not wait on this statement by itself.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                Execute("PRAGMA journal_mode = WAL");
                return;
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode is JournalFailures.Busy or JournalFailures.Locked && attempt < 200)
            {
                Thread.Sleep(20);
            }
        }
    }

    private T InTransaction<T>(Func<T> write)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            var result = write();
            Execute("COMMIT");
            return result;
        }
        catch
        {
            try
            {
                Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself, as it does on a full disk.
            }

            throw;
        }
    }

    private long Scalar(string sql) => Query(sql, row => row.GetInt64(0))[0];

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        command.Parameters.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i] ?? DBNull.Value);
        }

        return command;
    }
}
