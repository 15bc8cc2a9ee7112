using Byok.Client.Branches;
using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.EncryptBlob;

namespace Byok.Pipeline.RevokeKey;

/// <summary>
/// The kill switch: takes a key away, and goes on trying to unwrap until the vault refuses, so that it is known and recorded how long data
/// could still be read after the order. Each round orders again whatever is enabled by then, and it ends well only when a listing after the last
/// refusal finds nothing enabled; a restore that is asked for later ends it. A rehearsal does all of it to a canary.
/// </summary>
public sealed class RevokeKeyOrchestration : Orchestration<RevokeKeyInput, RevokeKeyResult>
{
    public const string Name = "RevokeKey";

    /// <summary>Label of the master key in the HSM that rehearsals use.</summary>
    public const string CanaryLabel = "byok-canary";

    /// <summary>Refusals in a row that count as refused for good: a vault answers from many nodes, which do not all learn it at once.</summary>
    private const int RefusalsInARow = 3;

    /// <summary>Probes after which the vault is said not to obey: with the waits below about an hour.</summary>
    private const int MaxProbes = 150;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public override async Task<RevokeKeyResult> RunAsync(IOrchestrationContext context, RevokeKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        return input.Rehearsal ? await RehearseAsync(context, input) : await RevokeAsync(context, input, input.KeyName);
    }

    private static async Task<RevokeKeyResult> RehearseAsync(IOrchestrationContext context, RevokeKeyInput input)
    {
        // A name of its own for each rehearsal: a deleted key's name stays taken until it is purged.
        var canary = $"{KeySelection.CanaryKeyPrefix}{context.CurrentTime:yyyyMMddHHmmssfff}";
        ByokException? failure = null;
        RevokeKeyResult? result = null;
        try
        {
            result = await RehearseAsync(context, input, canary);
        }
        catch (ByokException exception)
        {
            failure = exception;
        }

        SetStatus(context, input, "removing the canary", 0, null);
        await context.CallActivityAsync<bool>(RemoveCanary.Name, canary, RetryPolicy.Default);
        return failure is null ? result! : throw failure;
    }

    private static async Task<RevokeKeyResult> RehearseAsync(IOrchestrationContext context, RevokeKeyInput input, string canary)
    {
        SetStatus(context, input, "bringing a canary key", 0, null);
        await context.CallSubOrchestrationAsync<BringKeyResult>(
            BringKeyOrchestration.Name,
            new BringKeyInput { KeyName = canary, KeyLabel = CanaryLabel, GenerateSizeInBits = 2048 },
            OperationId.BringWithin(context.InstanceId, context.CurrentTime));
        SetStatus(context, input, "protecting a canary blob", 0, null);
        var upload = await context.CallActivityAsync<EncryptBlobInput>(UploadCanary.Name, canary, RetryPolicy.Default);
        await context.CallSubOrchestrationAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, upload);
        var result = await RevokeAsync(context, input, canary);
        var isUnreadable = await context.CallActivityAsync<bool>(ReadCanary.Name, canary, RetryPolicy.Default);
        return isUnreadable
            ? result with { CanaryWasUnreadable = true }
            : throw new VaultException($"The vault refuses '{canary}', but its canary blob could still be read.");
    }

    private static async Task<RevokeKeyResult> RevokeAsync(IOrchestrationContext context, RevokeKeyInput input, string keyName)
    {
        SetStatus(context, input, "telling the vault", 0, null);
        var order = await OrderAsync(context, new OrderRevocationInput(context.InstanceId, keyName, input.Mode, input.OrderedOn, null));
        var (askedOn, refusal) = (order.OrderedOn, order.Refusal);
        var (orders, orderedOn, taken) = (1, order.On, order.Probes.ToList());
        var unrecorded = await RecordAsync(context, RecordRevocationInput.Of(LedgerEvents.RevocationOrdered(context.InstanceId, keyName, input.Mode == RevocationMode.Delete, order.Versions, orders)));

        double? lastUnwrap = null;
        double refusedSince = 0;
        var wait = FirstWait;
        var probes = 0;
        for (var refusals = 0; ;)
        {
            // Whatever is enabled now is ordered anew: a version that was brought, or that somebody enabled, since the last look.
            order = await OrderAsync(context, new OrderRevocationInput(context.InstanceId, keyName, input.Mode, askedOn, [.. taken.Select(probe => probe.KeyId)]));
            if (order.Versions.Count > 0)
            {
                (refusals, refusal) = (0, null);
                unrecorded ??= await RecordAsync(context, RecordRevocationInput.Of(LedgerEvents.RevocationOrdered(context.InstanceId, keyName, input.Mode == RevocationMode.Delete, order.Versions, ++orders)));
            }
            else if (refusals == RefusalsInARow)
            {
                break;
            }

            if (order.Probes.Count > 0)
            {
                taken.AddRange(order.Probes);
                (orderedOn, lastUnwrap) = (order.On, null);
            }

            if (probes++ == MaxProbes)
            {
                throw new VaultException(
                    $"The vault was told to revoke '{keyName}' on {orderedOn:yyyy-MM-dd HH:mm:ss} UTC and still unwraps with it; look into the vault itself, and take away the app's access to it.");
            }

            var probe = await context.CallActivityAsync<ProbeRevocationResult>(ProbeRevocation.Name, taken, RetryPolicy.Default);
            var after = (probe.On - orderedOn).TotalSeconds;
            if (probe.Unwrapped)
            {
                lastUnwrap = after;
                refusals = 0;
            }
            else if (refusals++ == 0)
            {
                refusedSince = after;
            }

            SetStatus(context, input, "probing until the vault refuses", probes, lastUnwrap);
            if (refusals < RefusalsInARow)
            {
                await context.CreateTimerAsync(context.CurrentTime + wait, CancellationToken.None);
                wait = probe.Unwrapped ? Min(wait * 2, LongestWait) : FirstWait;
            }
        }

        if (refusal is not null)
        {
            throw refusal.ToException(keyName);
        }

        unrecorded ??= await RecordAsync(
            context, RecordRevocationInput.Of(LedgerEvents.KeyRevoked(context.InstanceId, keyName, input.Mode == RevocationMode.Delete, lastUnwrap, refusedSince, probes)));
        if (unrecorded is not null)
        {
            throw (unrecorded with { Message = $"'{keyName}' is revoked and the vault refuses it, but the ledger does not say so: {unrecorded.Message}" }).ToException();
        }

        return new RevokeKeyResult(
            keyName, input.Mode, input.Rehearsal, [.. taken.Select(probe => probe.KeyId)], orderedOn, lastUnwrap, refusedSince, probes, null);
    }

    private static async Task<RevocationOrder> OrderAsync(IOrchestrationContext context, OrderRevocationInput input)
    {
        try
        {
            return await context.CallActivityAsync<RevocationOrder>(OrderRevocation.Name, input, RetryPolicy.Default);
        }
        catch (OverruledException exception)
        {
            await RecordAsync(context, RecordRevocationInput.Of(LedgerEvents.RevocationOverruled(context.InstanceId, input.KeyName, exception.Message)));
            throw;
        }
    }

    private static void SetStatus(IOrchestrationContext context, RevokeKeyInput input, string stage, int probes, double? lastUnwrap) =>
        context.SetStatus(new RevokeKeyProgress(stage, probes, lastUnwrap, input.Mode));

    /// <summary>A ledger that cannot be written to is told in the end; it does not keep anybody from knowing whether the key is gone.</summary>
    /// <returns>Why the event is not in the ledger; null when it is.</returns>
    private static async Task<FailureDetails?> RecordAsync(IOrchestrationContext context, RecordRevocationInput input)
    {
        try
        {
            await context.CallActivityAsync<bool>(RecordRevocation.Name, input, RetryPolicy.Default);
            return null;
        }
        catch (ByokException exception)
        {
            return FailureDetails.From(exception);
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
