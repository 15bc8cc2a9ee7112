using Byok.Client.Keys;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RotateKey;

/// <summary>Says which version of a key is current after a grace time, in which a later rotation may have come and gone.</summary>
public sealed class ResumeRotation(WrappingKeyRing keys) : Activity<string, ResumeRotationResult>
{
    public const string Name = "ResumeRotation";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">The key was revoked meanwhile.</exception>
    public override async Task<ResumeRotationResult> RunAsync(string input, CancellationToken cancellationToken)
    {
        keys.Forget();
        var key = await keys.GetCurrentAsync(input, cancellationToken).ConfigureAwait(false);
        return new ResumeRotationResult(key.Id, key.PublicKey?.Thumbprint ?? throw new VaultException($"The vault gave no RSA public key for {key.Id}."));
    }
}

/// <summary>The version that blobs move to.</summary>
public sealed record ResumeRotationResult(KeyIdentifier Id, string Thumbprint);
