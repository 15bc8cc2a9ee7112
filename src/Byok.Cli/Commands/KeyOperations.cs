using System.Runtime.CompilerServices;
using Byok.Core.Orchestration;
using Byok.Local.Stack;

namespace Byok.Cli.Commands;

/// <summary>The operations on a key, among which a repeated command finds the one it had begun.</summary>
internal static class KeyOperations
{
    /// <summary>The operations of that kind on a key, newest first.</summary>
    public static async IAsyncEnumerable<OrchestrationStatus> ListAsync(
        LocalStack stack, string orchestration, OperationVerb verb, string keyName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var status in stack.Operations.ListAsync(keyName, cancellationToken).ConfigureAwait(false))
        {
            if (status.Name == orchestration && OperationId.Is(status.InstanceId, verb, keyName))
            {
                yield return status;
            }
        }
    }

    /// <summary>The newest operation of that kind on a key; null when there was none.</summary>
    public static async Task<OrchestrationStatus?> FindLastAsync(
        LocalStack stack, string orchestration, OperationVerb verb, string keyName, CancellationToken cancellationToken) =>
        await ListAsync(stack, orchestration, verb, keyName, cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The id to run under: that of an operation that has not ended and may be gone on with, else a new one.</summary>
    public static async Task<string> ContinueOrBeginAsync(
        LocalStack stack, string orchestration, OperationVerb verb, string keyName, Func<OrchestrationStatus, bool> mayGoOn, CancellationToken cancellationToken) =>
        await FindLastAsync(stack, orchestration, verb, keyName, cancellationToken).ConfigureAwait(false) is { IsEnded: false } running && mayGoOn(running)
            ? running.InstanceId
            : OperationId.New(verb, keyName).ToString();
}
