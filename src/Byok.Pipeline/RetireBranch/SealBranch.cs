using Byok.Client.Branches;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;

namespace Byok.Pipeline.RetireBranch;

/// <summary>Sees to it that a branch is sealed: when it is the current one, another is made, proved under each enabled version in use, and pinned in its place.</summary>
public sealed class SealBranch(IKeyVault vault, BranchKeeper branches, PinWriter pinWriter, BranchKeyRing ring, ILedger ledger, TimeProvider time) : Activity<SealInput, BranchName>
{
    public const string Name = "SealBranch";

    /// <inheritdoc/>
    /// <returns>The current branch.</returns>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile.</exception>
    public override async Task<BranchName> RunAsync(SealInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeWithPublicKeysAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Rotate);
        var pins = BranchPins.Of(life);
        if (pins.Current is null || pins.Current == input.Branch)
        {
            using var made = BranchKey.Generate();
            foreach (var version in life.Versions.Where(version => version.Enabled && WrappingKeyPolicy.IsInUse(version)))
            {
                await branches.WrapAndProveAsync(made, version, cancellationToken).ConfigureAwait(false);
            }

            pins = pins.SealCurrentAndPin(made.Name);
            await pinWriter.WriteAsync(life, pins, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        }

        // Also when an earlier run of this activity wrote the pins, and died before it recorded that.
        await ledger.AppendAsync(LedgerEvents.BranchSealed(input.OperationId, pins), cancellationToken).ConfigureAwait(false);
        ring.Forget();
        return pins.RequireCurrent();
    }
}

/// <summary>Which branch to seal.</summary>
public sealed record SealInput(string OperationId, string KeyName, BranchName Branch);
