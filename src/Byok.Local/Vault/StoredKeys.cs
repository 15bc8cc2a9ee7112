using System.Text.Json;
using Byok.Core.Keys;
using Microsoft.Data.Sqlite;

namespace Byok.Local.Vault;

/// <summary>The vault's tables: reading and writing of keys and versions. Times are whole seconds, as Key Vault's are.</summary>
internal static class StoredKeys
{
    private const string Select =
        """
        SELECT v.name, v.version, v.n, v.e, v.operations, v.enabled, v.not_before, v.expires_on, v.created_on, v.updated_on, v.tags, k.deleted_on, k.purge_on
        FROM versions v JOIN keys k ON k.name = v.name
        """;

    private const string Newest = "v.sequence = (SELECT max(sequence) FROM versions WHERE name = v.name)";

    /// <summary>One version, or the newest; deleted ones too.</summary>
    internal static StoredVersion? Find(this SqliteConnection connection, string name, string? version) =>
        (version is null
            ? connection.Query($"{Select} WHERE v.name = $name AND {Newest}", Map, ("$name", name))
            : connection.Query($"{Select} WHERE v.name = $name AND v.version = $version", Map, ("$name", name), ("$version", version)))
        .SingleOrDefault();

    /// <summary>The newest version of each key that is alive, or of each that is deleted.</summary>
    internal static List<StoredVersion> ListNewest(this SqliteConnection connection, bool deleted) =>
        connection.Query($"{Select} WHERE {Newest} AND k.deleted_on IS {(deleted ? "NOT NULL" : "NULL")} ORDER BY v.name", Map);

    /// <summary>All versions of a key that is alive, oldest first.</summary>
    internal static List<StoredVersion> ListVersions(this SqliteConnection connection, string name) =>
        connection.Query($"{Select} WHERE v.name = $name AND k.deleted_on IS NULL ORDER BY v.sequence", Map, ("$name", name));

    /// <summary>Every version there is, deleted ones too, oldest first.</summary>
    internal static List<StoredVersion> ListAllVersions(this SqliteConnection connection) => connection.Query($"{Select} ORDER BY v.sequence", Map);

    internal static void Insert(this SqliteConnection connection, StoredVersion version)
    {
        connection.Execute("INSERT OR IGNORE INTO keys (name) VALUES ($name)", ("$name", version.Name));
        connection.Execute(
            """
            INSERT INTO versions (name, version, n, e, operations, enabled, not_before, expires_on, created_on, updated_on, tags)
            VALUES ($name, $version, $n, $e, $operations, $enabled, $notBefore, $expiresOn, $createdOn, $updatedOn, $tags)
            """,
            Parameters(version));
    }

    internal static void Update(this SqliteConnection connection, StoredVersion version) =>
        connection.Execute(
            """
            UPDATE versions SET n = $n, e = $e, operations = $operations, enabled = $enabled, not_before = $notBefore, expires_on = $expiresOn,
                created_on = $createdOn, updated_on = $updatedOn, tags = $tags
            WHERE name = $name AND version = $version
            """,
            Parameters(version));

    /// <summary>Marks a key as deleted, or, with nulls, as alive again.</summary>
    internal static void MarkDeleted(this SqliteConnection connection, string name, DateTimeOffset? on, DateTimeOffset? purgeOn) =>
        connection.Execute(
            "UPDATE keys SET deleted_on = $on, purge_on = $purgeOn WHERE name = $name",
            ("$on", on?.ToUnixTimeSeconds()), ("$purgeOn", purgeOn?.ToUnixTimeSeconds()), ("$name", name));

    /// <summary>Removes one version's rows, and its key's with the last one.</summary>
    internal static void Remove(this SqliteConnection connection, StoredVersion version)
    {
        connection.Execute("DELETE FROM versions WHERE version = $version", ("$version", version.Version));
        connection.Execute("DELETE FROM keys WHERE name = $name AND NOT EXISTS (SELECT 1 FROM versions WHERE name = $name)", ("$name", version.Name));
    }

    /// <summary>Removes a key's rows.</summary>
    /// <returns>The versions that it had.</returns>
    internal static List<string> Remove(this SqliteConnection connection, string name)
    {
        var versions = connection.Query("SELECT version FROM versions WHERE name = $name", reader => reader.GetString(0), ("$name", name));
        connection.Execute("DELETE FROM versions WHERE name = $name", ("$name", name));
        connection.Execute("DELETE FROM keys WHERE name = $name", ("$name", name));
        return versions;
    }

    /// <summary>Names of deleted keys whose time is over.</summary>
    internal static List<string> ListOverdue(this SqliteConnection connection, DateTimeOffset now) =>
        connection.Query("SELECT name FROM keys WHERE purge_on <= $now", reader => reader.GetString(0), ("$now", now.ToUnixTimeSeconds()));

    private static (string, object?)[] Parameters(StoredVersion version) =>
    [
        ("$name", version.Name),
        ("$version", version.Version),
        ("$n", version.PublicKey.N),
        ("$e", version.PublicKey.E),
        ("$operations", JsonSerializer.Serialize(version.Operations)),
        ("$enabled", version.Enabled),
        ("$notBefore", version.NotBefore?.ToUnixTimeSeconds()),
        ("$expiresOn", version.ExpiresOn?.ToUnixTimeSeconds()),
        ("$createdOn", version.CreatedOn.ToUnixTimeSeconds()),
        ("$updatedOn", version.UpdatedOn.ToUnixTimeSeconds()),
        ("$tags", JsonSerializer.Serialize(version.Tags)),
    ];

    private static StoredVersion Map(SqliteDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        new RsaPublicKey(row.GetString(2), row.GetString(3)),
        JsonSerializer.Deserialize<List<string>>(row.GetString(4))!,
        row.GetBoolean(5),
        Time(row, 6),
        Time(row, 7),
        DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(8)),
        DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(9)),
        JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(10))!,
        Time(row, 11),
        Time(row, 12));

    private static DateTimeOffset? Time(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeSeconds(row.GetInt64(column));
}
