using Byok.Core.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>The terms of an export, as approvers see and sign them.</summary>
/// <param name="RequestId">Names the request.</param>
/// <param name="KeyLabel">The master key's label in the HSM.</param>
/// <param name="KekId">The KEK in the vault.</param>
/// <param name="Kek">The KEK's public part.</param>
/// <param name="KekOperations">The KEK's <c>key_ops</c>.</param>
/// <param name="ExpiresOn">The moment after which the agent refuses.</param>
public sealed record ExportTerms(
    string RequestId, string KeyLabel, KeyIdentifier KekId, RsaPublicKey Kek, IReadOnlyList<string> KekOperations, DateTimeOffset ExpiresOn);
