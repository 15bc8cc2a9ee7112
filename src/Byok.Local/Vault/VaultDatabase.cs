using Byok.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Byok.Local.Vault;

/// <summary>
/// The vault's state in one SQLite file (write-ahead log): names, versions, attributes and public parts, nothing secret. Several processes may
/// use it at once: readers see the last commit, and one writer at a time holds SQLite's write lock, for as long as it works in the token too.
/// </summary>
internal sealed class VaultDatabase : IDisposable
{
    private const string Schema =
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS vault (id TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, deleted_on INTEGER, purge_on INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS versions (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL REFERENCES keys (name),
            version TEXT NOT NULL UNIQUE,
            n TEXT NOT NULL,
            e TEXT NOT NULL,
            operations TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            not_before INTEGER,
            expires_on INTEGER,
            created_on INTEGER NOT NULL,
            updated_on INTEGER NOT NULL,
            tags TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS versions_by_name ON versions (name, sequence);
        CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """;

    private readonly string _connectionString;

    // Waiting for one's own process is done here, without blocking a thread; waiting for another process is SQLite's.
    private readonly SemaphoreSlim _writer = new(1, 1);

    /// <summary>Opens the file; makes it, and its folder, when missing.</summary>
    /// <param name="path">The database file.</param>
    /// <exception cref="VaultException">The file cannot be opened, or is not a database.</exception>
    internal VaultDatabase(string path)
    {
        // RSA-4096 keys take seconds to generate, and a writer holds the lock meanwhile.
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), DefaultTimeout = 120 }.ToString();
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using var connection = Connect();
            connection.Execute(Schema);
            using var transaction = connection.BeginTransaction(deferred: false);
            connection.Execute("INSERT INTO vault (id) SELECT $id WHERE NOT EXISTS (SELECT 1 FROM vault)", ("$id", Guid.NewGuid().ToString("N")));
            transaction.Commit();
            Id = connection.Query("SELECT id FROM vault", reader => reader.GetString(0)).Single();
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"The local vault's database '{path}' cannot be opened: {exception.Message}", exception);
        }
    }

    /// <summary>Names this vault, so that its objects in a token are told from those of another.</summary>
    internal string Id { get; }

    /// <summary>Reads what was committed last.</summary>
    /// <exception cref="VaultException">The database failed.</exception>
    internal T Read<T>(Func<SqliteConnection, T> read)
    {
        try
        {
            using var connection = Connect();
            return read(connection);
        }
        catch (SqliteException exception)
        {
            throw Failure(exception);
        }
    }

    /// <summary>Holds the write lock while work is done; commits when it returns, rolls back when it throws.</summary>
    /// <exception cref="VaultException">The database failed, or another process held the lock for two minutes.</exception>
    internal async Task<T> WriteAsync<T>(Func<SqliteConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var connection = Connect();
            using var transaction = connection.BeginTransaction(deferred: false);
            var result = await work(connection).ConfigureAwait(false);
            transaction.Commit();
            return result;
        }
        catch (SqliteException exception)
        {
            throw Failure(exception);
        }
        finally
        {
            _writer.Release();
        }
    }

    public void Dispose()
    {
        using (var connection = new SqliteConnection(_connectionString))
        {
            SqliteConnection.ClearPool(connection);
        }

        _writer.Dispose();
    }

    private static VaultException Failure(SqliteException exception) =>
        new($"The local vault's database failed: {exception.Message}", exception);

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
        return connection;
    }
}
