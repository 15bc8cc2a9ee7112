using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Local.Stack.Operations;

/// <summary>How a command has the pipeline do something and hears how it went, on whichever host the stack runs.</summary>
public interface IOperations : IAsyncDisposable
{
    /// <summary>Starts an operation, unless one of that id is under way or done; one that failed is run again.</summary>
    /// <exception cref="ByokException">The host does not take it.</exception>
    Task StartAsync(string orchestration, object input, string operationId, CancellationToken cancellationToken);

    /// <summary>Watches an operation to its end, whoever runs it.</summary>
    /// <exception cref="ByokException">The host does not answer.</exception>
    Task<OrchestrationStatus> FollowAsync(string operationId, Action<OrchestrationStatus> report, CancellationToken cancellationToken);

    /// <summary>Describes an operation; null when there is none.</summary>
    Task<OrchestrationStatus?> FindAsync(string operationId, CancellationToken cancellationToken);

    /// <summary>
    /// Whether another command works on an operation now. One that was cut off is nobody's, and the Functions host works on all by itself: both go on
    /// for whoever follows them.
    /// </summary>
    Task<bool> IsRunElsewhereAsync(string operationId, CancellationToken cancellationToken);

    /// <summary>Lists operations, newest first: those on the key, and perhaps others.</summary>
    IAsyncEnumerable<OrchestrationStatus> ListAsync(string keyName, CancellationToken cancellationToken);

    /// <summary>Hands an approval to an operation that waits for it.</summary>
    /// <exception cref="OperationNotFoundException">There is none.</exception>
    /// <exception cref="ConflictException">It has ended.</exception>
    Task ApproveAsync(string operationId, string approval, CancellationToken cancellationToken);
}
