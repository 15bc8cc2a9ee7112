using Byok.Client.Reading;
using Byok.Core.Errors;
using Byok.Core.Orchestration;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Reads the canary blob through the real read path, its DEK from the vault; that must fail.</summary>
public sealed class ReadCanary(ProtectedBlobReader reader) : Activity<string, bool>
{
    public const string Name = "ReadCanary";

    /// <inheritdoc/>
    /// <returns>True when the key was refused, as it must be.</returns>
    public override async Task<bool> RunAsync(string input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            await using var blob = await reader.OpenAsync(UploadCanary.BlobNameFor(input), DekSource.Vault, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (KeyUnavailableException)
        {
            return true;
        }
    }
}
