using Byok.Core.Orchestration;

namespace Byok.Pipeline.Keys;

/// <summary>Lets the next operation on a key begin.</summary>
public sealed class ReleaseClaim(OperationClaims claims) : Activity<ReleaseClaimInput, bool>
{
    public const string Name = "ReleaseClaim";

    public override async Task<bool> RunAsync(ReleaseClaimInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await claims.ReleaseAsync(input.KeyName, input.OperationId, cancellationToken).ConfigureAwait(false);
        return true;
    }
}

/// <summary>Which claim to release.</summary>
/// <param name="OperationId">The operation that may hold it.</param>
public sealed record ReleaseClaimInput(string OperationId, string KeyName);
