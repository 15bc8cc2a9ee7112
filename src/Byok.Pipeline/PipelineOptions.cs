using System.Security.Cryptography.X509Certificates;
using Byok.Client;
using Byok.Core.Keys;

namespace Byok.Pipeline;

/// <summary>What an operator may set.</summary>
public sealed record PipelineOptions : ClientOptions
{
    /// <summary>Size of KEKs in bits: 2048, 3072 or 4096. Default 4096.</summary>
    public int KekSizeInBits { get; init; } = 4096;

    /// <summary>How long a KEK lives at most. Default 24 hours; approvals and an agent that is offline count against it.</summary>
    public TimeSpan KekLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Life of a wrapping key version, its <c>exp</c> attribute. Default 2 years (rotation is due before).</summary>
    public TimeSpan WrappingKeyLifetime { get; init; } = TimeSpan.FromDays(730);

    /// <summary>How many approvals the agent beside the HSM asks for. Default 0.</summary>
    public int RequiredApprovals { get; init; }

    /// <summary>
    /// The HSM manufacturer's roots. When there are any, a bring has KEK and imported key attested by the vault's HSM and verifies that. Default none: nothing is asked.
    /// </summary>
    public IReadOnlyList<X509Certificate2> AttestationRoots { get; init; } = [];

    /// <summary>How much of a new blob is read back before its plaintext is disposed of. Default <see cref="VerificationScope.Sample"/>.</summary>
    public VerificationScope Verification { get; init; } = VerificationScope.Sample;

    /// <summary>What happens to the plaintext in the uploads container. Default <see cref="PlaintextDisposal.Delete"/>.</summary>
    public PlaintextDisposal Disposal { get; init; } = PlaintextDisposal.Delete;

    /// <summary>How long a rotation leaves old key versions enabled after the new one is in use. Default 24 hours.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Blobs that one activity of a move or an audit looks at, at most 5,000. Default 500.</summary>
    public int BlobsPerPage { get; init; } = 500;

    /// <summary>Age at which the audit says that a wrapping key is to be rotated. Default 1 year.</summary>
    public TimeSpan MaxKeyAge { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Age of the current branch at which a rotation makes a new one. Default 1 year.</summary>
    public TimeSpan MaxBranchAge { get; init; } = TimeSpan.FromDays(365);

    /// <summary>How long before a wrapping key's expiry the audit begins to warn. Default 30 days.</summary>
    public TimeSpan ExpiryWarning { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long plaintext may lie in the uploads container, and a commit be unconfirmed in the ledger, before the audit says so. Default 1 hour.</summary>
    public TimeSpan LeftoverAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What these settings say about versions of wrapping keys.</summary>
    public WrappingKeyPolicy KeyPolicy => new(MaxKeyAge, ExpiryWarning, LeftoverAge);
}
