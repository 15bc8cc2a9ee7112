using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Pipeline.Branches;

/// <summary>
/// The ledger's entries about pins. Each tells all pins of the key after it, so the last one is enough to pin them again when the vault lost its tags.
/// </summary>
internal static class PinEvents
{
    /// <summary>A version was put to use, with the pins that it got.</summary>
    public const string Activated = "key.activated";

    /// <summary>Another branch became the current one.</summary>
    public const string Sealed = "branch.sealed";

    /// <summary>A branch is about to be taken out of the pins.</summary>
    public const string Retired = "branch.retired";

    /// <summary>Pins were written anew by a restore.</summary>
    public const string Restored = "branch.pins.restored";

    private const string CurrentDetail = "branch";
    private const string SealedDetail = "sealed";

    /// <summary>An event with pins.</summary>
    public static LedgerEvent Of(string operationId, string kind, string subject, BranchPins pins, Dictionary<string, string>? details = null, string? part = null)
    {
        details ??= [];
        details[CurrentDetail] = pins.Current?.ToString() ?? string.Empty;
        details[SealedDetail] = string.Join(' ', pins.Sealed);
        return LedgerEvent.Of(operationId, kind, subject, details, part);
    }

    /// <summary>The pins that the ledger tells of last, without any branch that was ever retired; null when it tells of none.</summary>
    /// <exception cref="IntegrityException">The ledger was altered.</exception>
    public static async Task<BranchPins?> FindLastAsync(ILedger ledger, string keyName, CancellationToken cancellationToken)
    {
        (BranchName? Current, List<BranchName> Sealed)? last = null;
        var retired = new HashSet<BranchName>();
        await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var recorded = entry.Event;
            if (recorded.Kind is not (Activated or Sealed or Retired or Restored) || NameOf(recorded.Subject) != keyName || !recorded.Details.TryGetValue(CurrentDetail, out var current))
            {
                continue;
            }

            last = (Parse(current).FirstOrDefault(), [.. Parse(recorded.Details.GetValueOrDefault(SealedDetail)).Take(BranchPins.MaxSealed)]);
            if (recorded.Kind == Retired)
            {
                retired.UnionWith(Parse(recorded.Details.GetValueOrDefault("retired")));
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

    /// <summary>Subjects are key versions, or key names.</summary>
    private static string NameOf(string subject) => KeyIdentifier.TryParse(subject, out var id) ? id.Name : subject;

    private static IEnumerable<BranchName> Parse(string? text)
    {
        foreach (var part in (text ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (BranchName.TryParse(part, out var branch))
            {
                yield return branch;
            }
        }
    }
}
