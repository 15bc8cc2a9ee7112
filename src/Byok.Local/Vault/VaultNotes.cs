using Byok.Core.Errors;

namespace Byok.Local.Vault;

/// <summary>Notes that others keep in a vault's database, so that they are as safe as the vault's keys. Not secret.</summary>
public static class VaultNotes
{
    /// <summary>Reads a note, and whether the vault lists any key. A database that is missing is not made.</summary>
    /// <param name="databaseFile">The vault's database.</param>
    /// <param name="name">The note's name.</param>
    /// <exception cref="VaultException">The database cannot be opened.</exception>
    public static (string? Note, bool HasKeys) Read(string databaseFile, string name)
    {
        if (!File.Exists(databaseFile))
        {
            return (null, false);
        }

        using var database = new VaultDatabase(databaseFile);
        return database.Read(connection => (
            connection.Query("SELECT value FROM notes WHERE name = $name", reader => reader.GetString(0), ("$name", name)).SingleOrDefault(),
            connection.Query("SELECT EXISTS (SELECT 1 FROM versions)", reader => reader.GetBoolean(0)).Single()));
    }

    /// <summary>Writes a note.</summary>
    /// <param name="databaseFile">The vault's database; made when missing.</param>
    /// <param name="name">The note's name.</param>
    /// <exception cref="VaultException">The database cannot be written.</exception>
    public static async Task WriteAsync(string databaseFile, string name, string note, CancellationToken cancellationToken)
    {
        using var database = new VaultDatabase(databaseFile);
        await database.WriteAsync(
            connection => Task.FromResult(connection.Execute("INSERT OR REPLACE INTO notes (name, value) VALUES ($name, $value)", ("$name", name), ("$value", note))),
            cancellationToken).ConfigureAwait(false);
    }
}
