using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Ledger;
using Byok.Core.Ports;

namespace Byok.Pipeline.Branches;

/// <summary>The pins that the ledger tells of.</summary>
internal static class RecordedBranches
{
    /// <summary>The pins that the ledger tells of last, without any branch that was ever retired; null when it tells of none.</summary>
    /// <exception cref="IntegrityException">The ledger was altered.</exception>
    public static async Task<BranchPins?> FindLastAsync(ILedger ledger, string keyName, CancellationToken cancellationToken)
    {
        var (last, retired) = (default(RecordedPins?), new HashSet<BranchName>());
        await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (LedgerReading.TryReadPins(entry.Event, keyName, out var recorded))
            {
                last = recorded;
                if (recorded.Retired is { } branch)
                {
                    retired.Add(branch);
                }
            }
        }

        if (last is not { } found)
        {
            return null;
        }

        var isCurrentGood = found.Current is not null && !retired.Contains(found.Current);
        var pins = BranchPins.Of(keyName, isCurrentGood ? found.Current : null, found.Sealed.Where(branch => !retired.Contains(branch)));
        return pins.All.Count > 0 ? pins : null;
    }
}
