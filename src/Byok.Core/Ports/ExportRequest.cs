using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Byok.Core.Keys;

namespace Byok.Core.Ports;

/// <summary>What is asked of the HSM side: wrap one master key to one KEK, once. Approvers see and sign all of it but the approvals.</summary>
public sealed record ExportRequest
{
    /// <summary>Names the request; the same id with the same content gives the same answer again, never a second export.</summary>
    public required string RequestId { get; init; }

    /// <summary>Label of the master key in the HSM.</summary>
    public required string KeyLabel { get; init; }

    /// <summary>The KEK's versioned identifier.</summary>
    public required KeyIdentifier KekId { get; init; }

    /// <summary>The KEK's public part.</summary>
    public required RsaPublicKey Kek { get; init; }

    /// <summary>The KEK's <c>key_ops</c>; must be exactly <c>import</c>.</summary>
    public required IReadOnlyList<string> KekOperations { get; init; }

    /// <summary>The moment after which the request is refused.</summary>
    public required DateTimeOffset ExpiresOn { get; init; }

    /// <summary>Approvals: compact JWS (RFC 7515), each over the canonical request. Null, and then not written, while approvers are still asked.</summary>
    [DisallowNull]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Approvals { get; init; }
}
