using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RevokeKey;

/// <summary>
/// Finds a key's enabled versions, and wraps for each a DEK of no blob to probe with. A revocation that is repeated after it was cut off
/// finds the versions that it has disabled already by their mark.
/// </summary>
public sealed class PrepareRevocation(IKeyVault vault) : Activity<PrepareRevocationInput, RevocationProbes>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "PrepareRevocation";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">There is no such key.</exception>
    /// <exception cref="ConflictException">The key is revoked already.</exception>
    public override async Task<RevocationProbes> RunAsync(PrepareRevocationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var versions = await vault.ListKeyVersionsAsync(input.KeyName, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        if (versions.Count == 0)
        {
            throw await vault.ListDeletedKeysAsync(cancellationToken).AnyAsync(deleted => deleted.Key.Id.Name == input.KeyName, cancellationToken).ConfigureAwait(false)
                ? (ByokException)new ConflictException($"The key '{input.KeyName}' is deleted already; nothing was changed.")
                : new KeyUnavailableException($"The vault holds no key '{input.KeyName}'; 'key list' shows those it holds.");
        }

        var probes = new List<RevocationProbe>();
        foreach (var version in versions.Where(version => version.Enabled || version.Tags.GetValueOrDefault(KeyTags.Revoked) == input.OperationId))
        {
            var key = await vault.GetKeyAsync(version.Id.Name, version.Id.Version, cancellationToken).ConfigureAwait(false);
            if (key.PublicKey is { SizeInBits: 2048 or 3072 or 4096 } publicKey)
            {
                using var dek = DataEncryptionKey.Generate();
                probes.Add(new RevocationProbe(key.Id, dek.WrapWith(publicKey)));
            }
        }

        return probes.Count > 0
            ? new RevocationProbes(probes)
            : throw new ConflictException($"The key '{input.KeyName}' is revoked already: none of its versions is enabled. Nothing was changed.");
    }
}

/// <summary>Which key to take away.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="KeyName">The key.</param>
public sealed record PrepareRevocationInput(string OperationId, string KeyName);

/// <summary>What a revocation probes with.</summary>
/// <param name="Probes">One for each version that was enabled.</param>
public sealed record RevocationProbes(IReadOnlyList<RevocationProbe> Probes)
{
    /// <summary>The versions.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IReadOnlyList<KeyIdentifier> Versions => [.. Probes.Select(probe => probe.KeyId)];
}

/// <summary>A DEK of no blob, wrapped under a version that is to refuse it.</summary>
/// <param name="KeyId">The version.</param>
/// <param name="WrappedDek">The wrapped DEK.</param>
public sealed record RevocationProbe(KeyIdentifier KeyId, byte[] WrappedDek);
