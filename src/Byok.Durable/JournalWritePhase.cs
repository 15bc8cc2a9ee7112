namespace Byok.Durable;

/// <summary>The two moments at which a test may kill the engine.</summary>
internal enum JournalWritePhase
{
    /// <summary>Nothing of the transaction is written yet.</summary>
    BeforeCommit,

    /// <summary>The transaction is committed, and nobody knows yet.</summary>
    AfterCommit,
}
