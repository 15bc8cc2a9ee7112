using Byok.Core.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>Where a bring stands, for whoever watches.</summary>
/// <param name="Stage">What happens now, in words.</param>
/// <param name="ApprovalsGiven">Approvals received.</param>
/// <param name="ApprovalsRequired">Approvals asked for.</param>
/// <param name="Request">What approvers sign; null before the KEK exists.</param>
public sealed record BringKeyProgress(string Stage, int ApprovalsGiven, int ApprovalsRequired, ExportTerms? Request);

/// <summary>The terms of an export, as approvers see and sign them.</summary>
/// <param name="RequestId">Names the request.</param>
/// <param name="KeyLabel">The master key's label in the HSM.</param>
/// <param name="KekId">The KEK in the vault.</param>
/// <param name="Kek">The KEK's public part.</param>
/// <param name="KekOperations">The KEK's <c>key_ops</c>.</param>
/// <param name="ExpiresOn">The moment after which the agent refuses.</param>
public sealed record ExportTerms(
    string RequestId, string KeyLabel, KeyIdentifier KekId, RsaPublicKey Kek, IReadOnlyList<string> KekOperations, DateTimeOffset ExpiresOn);
