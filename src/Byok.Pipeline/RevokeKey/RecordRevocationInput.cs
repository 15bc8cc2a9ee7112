using System.Globalization;
using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What to record.</summary>
/// <param name="Kind">The event's kind.</param>
/// <param name="Details">What the event says.</param>
public sealed record RecordRevocationInput(string OperationId, string KeyName, string Kind, IReadOnlyDictionary<string, string> Details)
{
    /// <summary>The vault was told, for the first time or once more.</summary>
    internal static RecordRevocationInput Ordered(string operationId, string keyName, RevocationMode mode, IReadOnlyList<KeyIdentifier> versions, int number) =>
        new(operationId, keyName, "key.revocation.ordered", new Dictionary<string, string>
        {
            ["order"] = $"{number}",
            ["mode"] = Name(mode),
            ["versions"] = string.Join(' ', versions.Select(version => version.Version)),
        });

    /// <summary>The vault refuses.</summary>
    /// <param name="mode">How it was taken away.</param>
    /// <param name="lastUnwrapAfterSeconds">How long after the order the last unwrap succeeded; null when none did.</param>
    /// <param name="refusedAfterSeconds">How long after the order the vault was first seen to refuse for good.</param>
    /// <param name="probes">Unwraps that were tried.</param>
    internal static RecordRevocationInput Refused(
        string operationId, string keyName, RevocationMode mode, double? lastUnwrapAfterSeconds, double refusedAfterSeconds, int probes) =>
        new(operationId, keyName, "key.revoked", new Dictionary<string, string>
        {
            ["mode"] = Name(mode),
            ["lastUnwrapAfterSeconds"] = lastUnwrapAfterSeconds is { } last ? Seconds(last) : "none",
            ["refusedAfterSeconds"] = Seconds(refusedAfterSeconds),
            ["probes"] = $"{probes}",
        });

    /// <summary>A newer order on the key holds.</summary>
    internal static RecordRevocationInput Overruled(string kind, string operationId, string keyName, string reason) =>
        new(operationId, keyName, kind, new Dictionary<string, string> { ["reason"] = reason });

    private static string Name(RevocationMode mode) => mode == RevocationMode.Delete ? "delete" : "disable";

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}
