using Byok.Core.Orchestration;

namespace Byok.Pipeline.RotateKey;

/// <summary>Lets the next rotation of a key begin.</summary>
public sealed class ReleaseClaim(OperationClaims claims) : Activity<ReleaseInput, bool>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "ReleaseClaim";

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(ReleaseInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        await claims.ReleaseAsync(input.KeyName, input.OperationId, cancellationToken).ConfigureAwait(false);
        return true;
    }
}

/// <summary>Which claim to release.</summary>
/// <param name="OperationId">The operation that may hold it.</param>
/// <param name="KeyName">The key.</param>
public sealed record ReleaseInput(string OperationId, string KeyName);
