using Byok.Client.Branches;
using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Reads the canary blob through the real read path, its branch key from the vault; that must fail.</summary>
public sealed class ReadCanary(ProtectedBlobReader reader, BranchKeyRing branches) : Activity<string, bool>
{
    public const string Name = "ReadCanary";

    /// <inheritdoc/>
    /// <returns>True when the key was refused, as it must be.</returns>
    public override async Task<bool> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        branches.Forget(); // What is in memory would open it for the key cache time.
        try
        {
            await using var blob = await reader.OpenAsync(UploadCanary.BlobNameFor(input), PinFreshness.Now, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (KeyUnavailableException)
        {
            return true;
        }
    }
}
