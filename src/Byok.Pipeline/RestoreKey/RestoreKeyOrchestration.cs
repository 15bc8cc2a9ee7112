using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.BringKey;
using Byok.Pipeline.RotateKey;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Gives a revoked key back: enables it, recovers it, or, after a purge, brings the same master key from the HSM again. Blobs name their key
/// by thumbprint too, so they are readable at once, although the old version id is gone.
/// </summary>
public sealed class RestoreKeyOrchestration : Orchestration<RestoreKeyInput, RestoreKeyResult>
{
    /// <summary>The name it is started by.</summary>
    public const string Name = "RestoreKey";

    /// <inheritdoc/>
    public override async Task<RestoreKeyResult> RunAsync(IOrchestrationContext context, RestoreKeyInput input)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(input);
        context.SetStatus(new RestoreKeyProgress("finding out how the key is revoked"));
        var startedOn = context.CurrentTime;
        var found = await context.CallActivityAsync<RestorePlan>(PlanRestore.Name, input.KeyName, BringKeyRetries.Patient);
        var versions = new List<KeyIdentifier>();
        if (found.State == Revocation.Purged)
        {
            foreach (var key in found.ToBring)
            {
                context.SetStatus(new RestoreKeyProgress($"bringing '{key.Label}' again"));
                var bring = new BringKeyInput { KeyName = input.KeyName, KeyLabel = key.Label, ExpectedThumbprint = key.Thumbprint };
                var brought = await context.CallSubOrchestrationAsync<BringKeyResult>(
                    BringKeyOrchestration.Name, bring, $"{context.InstanceId}-bring-{startedOn:yyyyMMddHHmmssfff}-{versions.Count}");
                versions.Add(brought.KeyId);
            }
        }
        else
        {
            context.SetStatus(new RestoreKeyProgress(found.State == Revocation.Deleted ? "recovering the key" : "enabling the key"));
            versions.AddRange(await context.CallActivityAsync<List<KeyIdentifier>>(
                ReinstateKey.Name, new ReinstateInput(context.InstanceId, input.KeyName), RetryPolicy.Default));
        }

        context.SetStatus(new RestoreKeyProgress("probing that the vault unwraps"));
        var probe = await context.CallActivityAsync<RestoreProbe>(
            ProbeRestored.Name, new ProbeRestoredInput(context.InstanceId, input.KeyName, found.State, versions), ProbeRetries);
        var rewrapped = 0L;
        if (input.Rewrap && probe.NamesVersionsThatAreGone)
        {
            context.SetStatus(new RestoreKeyProgress("rewrapping the blobs to the new version id"));
            var rotated = await context.CallSubOrchestrationAsync<RotateKeyResult>(
                RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = input.KeyName, TargetId = versions[^1], GracePeriod = TimeSpan.Zero });
            rewrapped = rotated.Rewrapped;
        }

        return new RestoreKeyResult(
            input.KeyName, found.State, versions, found.Missing, probe.Blob, probe.NamesVersionsThatAreGone && !input.Rewrap, rewrapped);
    }

    /// <summary>A vault's nodes do not all learn at once that a key is back.</summary>
    private static RetryPolicy ProbeRetries { get; } = new(30, TimeSpan.FromSeconds(1), 1.5, TimeSpan.FromSeconds(30));
}
