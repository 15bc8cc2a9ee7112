using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What to record, as it stands in journals.</summary>
/// <param name="Kind">The event's kind.</param>
/// <param name="Details">What the event says.</param>
public sealed record RecordRevocationInput(string OperationId, string KeyName, string Kind, IReadOnlyDictionary<string, string> Details)
{
    internal static RecordRevocationInput Of(LedgerEvent revocation) => new(revocation.CorrelationId, revocation.Subject, revocation.Kind, revocation.Details);
}
