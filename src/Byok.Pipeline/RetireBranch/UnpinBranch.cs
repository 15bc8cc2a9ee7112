using Byok.Client.Branches;
using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;

namespace Byok.Pipeline.RetireBranch;

/// <summary>Takes a sealed branch that nothing needs any more out of the pins. The ledger is told before, so that no restore pins it again.</summary>
public sealed class UnpinBranch(IKeyVault vault, PinWriter pinWriter, BranchKeyRing ring, ILedger ledger) : Activity<UnpinInput, bool>
{
    public const string Name = "UnpinBranch";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile.</exception>
    public override async Task<bool> RunAsync(UnpinInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Rotate);
        var pins = BranchPins.Of(life);
        var without = pins.Retire(input.Branch);
        await ledger.AppendAsync(LedgerEvents.BranchRetired(input.OperationId, input.Branch, without, input.Moved, input.Passes), cancellationToken).ConfigureAwait(false);
        if (pins.Contains(input.Branch))
        {
            await pinWriter.WriteAsync(life, without, since: null, cancellationToken).ConfigureAwait(false);
        }

        ring.Forget();
        return true;
    }
}

/// <summary>Which branch to unpin, and what proved that nothing is left of it.</summary>
public sealed record UnpinInput(string OperationId, string KeyName, BranchName Branch, long Moved, int Passes);
