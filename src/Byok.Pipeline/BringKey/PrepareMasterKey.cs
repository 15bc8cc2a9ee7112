using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>Sees that the key's state allows a bring, finds the master key in the HSM, or has it generated there, and reads the settings of this run.</summary>
public sealed class PrepareMasterKey(IKeyVault vault, IHsm hsm, OperationClaims claims, PipelineOptions options) : Activity<PrepareInput, PrepareMasterKeyResult>
{
    public const string Name = "PrepareMasterKey";

    /// <inheritdoc/>
    /// <exception cref="HsmKeyNotFoundException">The HSM has no such key and none is to be generated.</exception>
    /// <exception cref="ConflictException">The HSM's key is not the expected one, or another operation holds the key.</exception>
    /// <exception cref="KeyUnavailableException">The key is revoked.</exception>
    public override async Task<PrepareMasterKeyResult> RunAsync(PrepareInput prepared, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        var input = prepared.Bring;
        if (!input.IsPartOfAnother)
        {
            // It is claimed when the pins change, not for the days that approvals may take. What would be in the way then is told now.
            await claims.RequireFreeAsync(input.KeyName, prepared.OperationId, cancellationToken).ConfigureAwait(false);
        }

        if (input.Restores is null)
        {
            (await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false)).Require(KeyOperation.Bring);
        }

        var keys = await hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        var key = keys.FirstOrDefault(candidate => candidate.Label == input.KeyLabel);
        if (key is null && input.GenerateSizeInBits is { } size)
        {
            key = await hsm.GenerateMasterKeyAsync(input.KeyLabel, size, cancellationToken).ConfigureAwait(false);
        }

        if (key is null)
        {
            throw new HsmKeyNotFoundException($"The HSM holds no master key '{input.KeyLabel}'; name another label, or have it generated.");
        }

        if (input.ExpectedThumbprint is { } expected && key.PublicKey.Thumbprint != expected)
        {
            throw new MasterKeyMismatchException(
                $"The HSM's master key '{input.KeyLabel}' has thumbprint {key.PublicKey.Thumbprint}, not {expected}: it is not the key to restore.");
        }

        return new PrepareMasterKeyResult(key.PublicKey.Thumbprint, key.PublicKey.SizeInBits, options.RequiredApprovals, options.KekLifetime, options.AttestationRoots.Count > 0);
    }
}

/// <summary>Which bring to prepare.</summary>
public sealed record PrepareInput(string OperationId, BringKeyInput Bring);

/// <summary>What a bring works from.</summary>
/// <param name="Thumbprint">The master key's thumbprint, as the HSM says.</param>
/// <param name="RequiredApprovals">How many approvals the agent asks for.</param>
/// <param name="KekLifetime">How long the KEK lives at most.</param>
/// <param name="IsAttested">Whether the vault's HSM has to attest KEK and imported key.</param>
public sealed record PrepareMasterKeyResult(string Thumbprint, int SizeInBits, int RequiredApprovals, TimeSpan KekLifetime, bool IsAttested = false);
