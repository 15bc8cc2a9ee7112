using System.Runtime.CompilerServices;
using Byok.Core.Orchestration;
using Byok.Local.Stack;

namespace Byok.Cli.Commands;

/// <summary>Ids of operations on a key, by which a repeated command finds the one it had begun.</summary>
internal static class KeyOperations
{
    public static string NewId(string verb, string keyName) => $"{verb}-{keyName}-{Guid.CreateVersion7():N}";

    /// <summary>The operations of that kind on a key, newest first.</summary>
    public static async IAsyncEnumerable<OrchestrationStatus> ListAsync(
        LocalStack stack, string orchestration, string verb, string keyName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var prefix = $"{verb}-{keyName}-";
        await foreach (var status in stack.Operations.ListAsync(keyName, cancellationToken).ConfigureAwait(false))
        {
            // Key names may hold dashes: only the length tells 'a' from 'a-b'.
            if (status.Name == orchestration && status.InstanceId.Length == prefix.Length + 32 && status.InstanceId.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return status;
            }
        }
    }

    /// <summary>The newest operation of that kind on a key; null when there was none.</summary>
    public static async Task<OrchestrationStatus?> FindLastAsync(
        LocalStack stack, string orchestration, string verb, string keyName, CancellationToken cancellationToken) =>
        await ListAsync(stack, orchestration, verb, keyName, cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The id to run under: that of an operation that has not ended and may be gone on with, else a new one.</summary>
    public static async Task<string> ContinueOrBeginAsync(
        LocalStack stack, string orchestration, string verb, string keyName, Func<OrchestrationStatus, bool> mayGoOn, CancellationToken cancellationToken) =>
        await FindLastAsync(stack, orchestration, verb, keyName, cancellationToken).ConfigureAwait(false) is { IsEnded: false } running && mayGoOn(running)
            ? running.InstanceId
            : NewId(verb, keyName);
}
