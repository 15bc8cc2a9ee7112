using Byok.Core.Errors;
using Microsoft.Data.Sqlite;

namespace Byok.Durable;

/// <summary>SQLite's result codes as our failures (SQLite, "Result and Error Codes").</summary>
internal static class JournalFailures
{
    public const int Busy = 5;
    public const int Locked = 6;

    /// <summary>Whether a row could not be read because it holds what nobody here wrote: other types, no GUID, no time.</summary>
    public static bool IsDamage(Exception exception) => exception is InvalidCastException or FormatException or OverflowException or ArgumentOutOfRangeException;

    public static ByokException Damaged(Exception exception, string path) =>
        new ConfigurationException($"The journal '{path}' is damaged or no journal at all; move it away, and a new one is made.", exception);

    public static ByokException From(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        Busy or Locked => new ServiceUnavailableException($"The journal '{path}' is held by another process for too long; end that process, or try again.", exception),
        8 => new ConfigurationException($"The journal '{path}' cannot be written; make the file and its folder writable.", exception),
        11 or 26 => Damaged(exception, path),
        13 => new ConfigurationException($"The disk is full, and the journal '{path}' cannot grow; make room and start again: the work goes on where it was.", exception),
        3 or 14 or 23 => new ConfigurationException($"The journal '{path}' cannot be opened; check that its folder exists and is writable.", exception),
        10 => new ConfigurationException($"The journal '{path}' cannot be read or written: {exception.Message}.", exception),
        _ => new UnexpectedFailureException($"The journal '{path}' failed: {exception.Message}", exception),
    };
}
