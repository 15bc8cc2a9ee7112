using System.Text.Json;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Microsoft.Data.Sqlite;

namespace Byok.Durable;

/// <summary>What the engine writes and reads: instances, their histories, and an inbox for what clients send them.</summary>
internal sealed class Journal(JournalDatabase database, TimeProvider time) : IDisposable
{
    private const string InstanceColumns =
        "id, name, state, run_id, input, created_on, updated_on, status, output, failure, owner, parent_id, parent_step";

    /// <summary>The ids of an instance's living descendants and, at the start, of what the first SELECT names.</summary>
    private const string LivingTree = """
        WITH RECURSIVE tree(id) AS (
            SELECT id FROM instances WHERE {0} AND state < 2
            UNION SELECT child.id FROM instances child JOIN tree ON child.parent_id = tree.id WHERE child.state < 2)
        SELECT id FROM tree
        """;

    private static readonly string TreeOf = string.Format(null, LivingTree, "id = $1");
    private static readonly string TreesBelow = string.Format(null, LivingTree, "parent_id = $1");

    public JournaledInstance? Find(string id) => database.Read(() => FindRow(id));

    public List<JournaledInstance> List() => database.Read(() =>
        database.Query($"SELECT {InstanceColumns} FROM instances ORDER BY created_on DESC, rowid DESC", ReadInstance));

    public List<HistoryEvent> LoadHistory(string id) => database.Read(() => database.Query(
        "SELECT kind, step, name, payload, at FROM history WHERE instance_id = $1 ORDER BY sequence",
        row => new HistoryEvent((HistoryKind)row.GetInt32(0), row.GetInt64(1), Text(row, 2), Text(row, 3), Time(row, 4)), id));

    /// <summary>Schedules an instance unless its id is pending, running, completed, or a living orchestration's child.</summary>
    public bool Schedule(string id, string name, string input, string? owner) => database.Write(() =>
    {
        var existing = FindRow(id);
        if (existing is { State: not (OrchestrationState.Failed or OrchestrationState.Terminated) } || IsLiving(existing?.ParentId))
        {
            return false;
        }

        Insert(id, name, input, owner, parentId: null, parentStep: 0);
        return true;
    });

    /// <summary>Leaves something for an instance.</summary>
    /// <returns>False when there is no such instance, or it has ended.</returns>
    public bool Send(string id, string? eventName, string payload) => database.Write(() => IsLiving(id) && 0 < database.Execute(
        "INSERT INTO inbox(instance_id, event_name, payload) VALUES($1, $2, $3)", id, eventName, payload));

    /// <summary>Reads what was left for an engine's instances.</summary>
    public List<InboxItem> ReadInbox(string owner) => database.Read(() => database.Query(
        """
        SELECT number, instance_id, event_name, payload FROM inbox JOIN instances ON instances.id = inbox.instance_id
        WHERE owner = $1 AND state < 2 ORDER BY number
        """,
        row => new InboxItem(row.GetInt64(0), row.GetString(1), Text(row, 2), row.GetString(3)), owner));

    /// <summary>Terminates an instance that no living engine owns. With a living owner, the owner has to do it.</summary>
    /// <returns>Whether it was terminated.</returns>
    public bool TerminateUnowned(string id, FailureDetails failure, Func<string, bool> isLivingEngine) => database.Write(() =>
    {
        if (FindRow(id) is not { IsEnded: false } instance || (instance.Owner is { } owner && isLivingEngine(owner)))
        {
            return false;
        }

        EndTree(TreeOf, id, failure);
        return true;
    });

    /// <summary>Takes over living instances of the given orchestrations that have no owner, or a dead one.</summary>
    /// <returns>Their ids, oldest first.</returns>
    public List<string> Claim(string owner, string namesAsJson, Func<string, bool> isLivingEngine)
    {
        const string Claimable = "state < 2 AND owner IS NOT $1 AND name IN (SELECT value FROM json_each($2))";
        List<string?> Owners() =>
            database.Query($"SELECT DISTINCT owner FROM instances WHERE {Claimable}", row => Text(row, 0), owner, namesAsJson);
        List<string?> Dead() => [.. Owners().Where(other => other is null || !isLivingEngine(other))];

        // Most polls find nothing, and reading asks nobody to wait.
        return database.Read(Dead).Count == 0 ? [] : database.Write(() =>
        {
            var claimed = Dead().SelectMany(other => database.Query(
                $"UPDATE instances SET owner = $1 WHERE {Claimable} AND owner IS $3 RETURNING created_on, id",
                row => (CreatedOn: row.GetInt64(0), Id: row.GetString(1)), owner, namesAsJson, other));
            return claimed.OrderBy(instance => instance.CreatedOn).Select(instance => instance.Id).ToList();
        });
    }

    /// <summary>Gives up ownership: whoever comes next takes over.</summary>
    public void Release(string owner) =>
        database.Write(() => database.Execute("UPDATE instances SET owner = NULL WHERE owner = $1 AND state < 2", owner));

    /// <summary>Removes instances that ended before a moment; a living orchestration's children stay until it has ended.</summary>
    public int Purge(DateTimeOffset olderThan) => database.Write(() => database.Execute(
        """
        DELETE FROM instances WHERE state >= 2 AND updated_on < $1
        AND NOT EXISTS(SELECT 1 FROM instances parent WHERE parent.id = instances.parent_id AND parent.state < 2)
        """,
        olderThan.UtcTicks));

    /// <summary>Writes what a batch of turns brought about, in one transaction.</summary>
    public void Commit(IReadOnlyList<Turn> turns, IReadOnlyList<Termination> terminations, Func<string, bool> isKnownOrchestration) => database.Write(() =>
    {
        foreach (var turn in turns)
        {
            WriteTurn(turn, isKnownOrchestration);
        }

        foreach (var termination in terminations)
        {
            termination.EndedInstances.AddRange(EndTree(TreeOf, termination.InstanceId, termination.Failure));
        }

        return 0;
    });

    /// <summary>For tests: lets the file grow to so many pages only, as a full disk does.</summary>
    public void LimitSize(int pages) => database.Read(() => database.Execute($"PRAGMA max_page_count = {pages}"));

    public void Dispose() => database.Dispose();

    private void WriteTurn(Turn turn, Func<string, bool> isKnownOrchestration)
    {
        var (id, now) = (turn.Instance.Id, Now);
        if (turn.HasStatus)
        {
            database.Execute("UPDATE instances SET status = $2 WHERE id = $1", id, turn.Status);
        }

        foreach (var item in turn.Events.Where(item => item.Kind == HistoryKind.EventRaised))
        {
            database.Execute("DELETE FROM inbox WHERE number = $1", item.Step);
        }

        if (turn.Outcome is { } outcome)
        {
            // What a run started ends with the run.
            turn.EndedInstances.AddRange(EndTree(TreesBelow, id, FailureDetails.From(new OperationTerminatedException($"Its parent '{id}' ended before it."))));
            if (outcome.State == OrchestrationState.Running)
            {
                database.Execute("DELETE FROM history WHERE instance_id = $1", id);
                database.Execute(
                    "UPDATE instances SET run_id = $2, input = $3, state = $4, updated_on = $5 WHERE id = $1",
                    id, Guid.NewGuid().ToString(), outcome.Payload, (int)OrchestrationState.Running, now);
                ReturnToInbox(id, turn.UnreadEvents);
            }
            else
            {
                var isCompleted = outcome.State == OrchestrationState.Completed;
                End(id, outcome.State, isCompleted ? outcome.Payload : null, isCompleted ? null : outcome.Payload);
            }

            return;
        }

        database.Execute("UPDATE instances SET state = $2, updated_on = $3 WHERE id = $1", id, (int)OrchestrationState.Running, now);
        var sequence = turn.FirstSequence;
        foreach (var item in turn.Events)
        {
            database.Execute(
                "INSERT INTO history(instance_id, sequence, kind, step, name, payload, at) VALUES($1, $2, $3, $4, $5, $6, $7)",
                id, sequence++, (int)item.Kind, item.Step, item.Name, item.Payload, item.At.UtcTicks);
        }

        foreach (var child in turn.NewChildren)
        {
            if (RefuseChild(child, isKnownOrchestration(child.Name)) is { } refusal)
            {
                turn.RefusedChildren.Add((child, refusal));
            }
            else
            {
                Insert(child.ChildId!, child.Name, child.Input!, turn.Instance.Owner, id, child.Step);
            }
        }
    }

    private FailureDetails? RefuseChild(PendingStep child, bool isKnown)
    {
        ByokException? refusal = !isKnown ? new ConfigurationException($"There is no orchestration '{child.Name}'.")
            : IsLiving(child.ChildId) ? new OperationInProgressException($"The sub-orchestration's id '{child.ChildId}' belongs to an instance that runs already.")
            : null;
        return refusal is null ? null : FailureDetails.From(refusal);
    }

    private void Insert(string id, string name, string input, string? owner, string? parentId, long parentStep)
    {
        Forget(id);
        database.Execute(
            $"INSERT OR REPLACE INTO instances({InstanceColumns}) VALUES($1, $2, $3, $4, $5, $6, $6, NULL, NULL, NULL, $7, $8, $9)",
            id, name, (int)OrchestrationState.Pending, Guid.NewGuid().ToString(), input, Now, owner, parentId, parentStep);
    }

    private void ReturnToInbox(string id, IReadOnlyList<HistoryEvent> events)
    {
        // Under their old numbers, so that they stay before what came later.
        foreach (var item in events)
        {
            database.Execute("INSERT INTO inbox(number, instance_id, event_name, payload) VALUES($1, $2, $3, $4)", item.Step, id, item.Name, item.Payload);
        }
    }

    private List<string> EndTree(string treeQuery, string id, FailureDetails failure)
    {
        var ids = database.Query(treeQuery, row => row.GetString(0), id);
        foreach (var ended in ids)
        {
            End(ended, OrchestrationState.Terminated, null, JsonSerializer.Serialize(failure, OrchestrationJson.Options));
        }

        return ids;
    }

    private void End(string id, OrchestrationState state, string? output, string? failure)
    {
        // An ended instance needs neither its history nor an owner.
        Forget(id);
        database.Execute(
            "UPDATE instances SET state = $2, output = $3, failure = $4, owner = NULL, updated_on = $5 WHERE id = $1", id, (int)state, output, failure, Now);
    }

    private void Forget(string id)
    {
        database.Execute("DELETE FROM history WHERE instance_id = $1", id);
        database.Execute("DELETE FROM inbox WHERE instance_id = $1", id);
    }

    private bool IsLiving(string? id) => id is not null && FindRow(id) is { IsEnded: false };

    private JournaledInstance? FindRow(string id) =>
        database.Query($"SELECT {InstanceColumns} FROM instances WHERE id = $1", ReadInstance, id).SingleOrDefault();

    private long Now => time.GetUtcNow().UtcTicks;

    private static JournaledInstance ReadInstance(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), (OrchestrationState)row.GetInt32(2), Guid.Parse(row.GetString(3)), row.GetString(4), Time(row, 5), Time(row, 6),
        Text(row, 7), Text(row, 8), Text(row, 9), Text(row, 10), Text(row, 11), row.GetInt64(12));

    private static DateTimeOffset Time(SqliteDataReader row, int column) => new(row.GetInt64(column), TimeSpan.Zero);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
