using Byok.Core.Errors;

namespace Byok.Durable;

/// <summary>The wish to terminate an instance with all that it started.</summary>
internal sealed record Termination(JournaledInstance Instance, FailureDetails Failure)
{
    public string InstanceId => Instance.Id;

    /// <summary>Which instances it ended; filled when it is committed.</summary>
    public List<string> EndedInstances { get; } = [];

    public static FailureDetails Because(string instanceId, string reason) =>
        FailureDetails.From(new OperationTerminatedException($"'{instanceId}' was terminated: {reason}"));
}
