using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>Tries to unwrap with every version of a key that is to refuse.</summary>
public sealed class ProbeRevocation(IKeyVault vault, TimeProvider time) : Activity<List<RevocationProbe>, ProbeRevocationResult>
{
    public const string Name = "ProbeRevocation";

    public override async Task<ProbeRevocationResult> RunAsync(List<RevocationProbe> input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        foreach (var probe in input)
        {
            try
            {
                if (probe.WrappedKey is { } wrapped)
                {
                    CryptographicOperations.ZeroMemory(await vault.UnwrapKeyAsync(probe.KeyId, wrapped, cancellationToken).ConfigureAwait(false));
                    return new ProbeRevocationResult(true, time.GetUtcNow());
                }
            }
            catch (KeyUnavailableException)
            {
                // This one refuses, as it must.
            }
        }

        return new ProbeRevocationResult(false, time.GetUtcNow());
    }
}
