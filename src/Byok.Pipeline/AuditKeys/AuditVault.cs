using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Looks at every key in the vault, and compares with the HSM and the ledger.</summary>
public sealed class AuditVault(IKeyVault vault, IHsm hsm, ILedger ledger, PipelineOptions options, TimeProvider time) : Activity<object?, AuditVaultResult>
{
    public const string Name = "AuditVault";

    public override async Task<AuditVaultResult> RunAsync(object? input, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var inHsm = await ReadHsmAsync(findings, cancellationToken).ConfigureAwait(false);
        var imported = await ReadImportsAsync(cancellationToken).ConfigureAwait(false);
        var keys = new List<AuditedKey>();
        var isPurgeable = false;
        await foreach (var newest in vault.ListKeysAsync(cancellationToken).ConfigureAwait(false))
        {
            isPurgeable |= newest.RecoveryLevel.Length > 0 && !newest.IsPurgeProtected;
            var versions = await vault.ListKeyVersionsAsync(newest.Id.Name, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
            if (versions.TrueForAll(IsKek))
            {
                findings.AddRange(versions.Where(IsLeftBehind).Select(kek => FindingKinds.KekLeftBehind.On(kek.Id.ToString(), kek.Enabled ? "enabled" : "disabled")));
                continue;
            }

            var audited = new List<AuditedVersion>();
            foreach (var listed in versions)
            {
                var version = listed.PublicKey is null ? await vault.GetKeyAsync(listed.Id.Name, listed.Id.Version, cancellationToken).ConfigureAwait(false) : listed;
                bool? isInHsm = version.PublicKey is null ? false : inHsm?.Contains(version.PublicKey.Thumbprint);
                findings.AddRange(Check(version, isInHsm, imported.Contains(version.Id)));
                audited.Add(Describe(version, isInHsm));
            }

            keys.Add(new AuditedKey(newest.Id.Name, audited));
            findings.AddRange(CheckState(new KeyLife(newest.Id.Name, versions, null)));
        }

        if (isPurgeable)
        {
            findings.Add(FindingKinds.VaultWithoutPurgeProtection.On(vault.VaultUri.Host));
        }

        return new AuditVaultResult(vault.VaultUri.Host, keys, FindingTally.Of(findings));
    }

    private static IEnumerable<Finding> CheckState(KeyLife life) => life.State switch
    {
        KeyState.Revoking => [FindingKinds.KeyHalfRevoked.On(life.Name, life.NewestOrder is { } order ? $"ordered by '{order.OperationId}'" : null)],
        KeyState.Restoring => [FindingKinds.KeyHalfRestored.On(life.Name, $"ordered by '{life.NewestOrder!.OperationId}'")],
        _ => KeyLifecycle.Refusal(life.State, KeyOperation.Protect) is null ? [] : [FindingKinds.KeyRevoked.On(life.Name)],
    };

    private IEnumerable<Finding> Check(VaultKey version, bool? isInHsm, bool isImported)
    {
        if (!version.Enabled)
        {
            yield break; // It can do no harm; blobs that need it are found as blobs.
        }

        var (id, now, policy) = (version.Id.ToString(), time.GetUtcNow(), options.KeyPolicy);
        if (!isImported && isInHsm != true)
        {
            yield return FindingKinds.KeyDrift.On(id);
        }
        else if (isInHsm == false)
        {
            yield return FindingKinds.KeyNotRestorable.On(id, version.Tags.GetValueOrDefault(KeyTags.Label) is { } label ? $"master key '{label}'" : null);
        }

        if (!version.IsHsmProtected)
        {
            yield return FindingKinds.KeyNotInVaultHsm.On(id, version.KeyType);
        }

        if (version.Exportable)
        {
            yield return FindingKinds.KeyExportable.On(id);
        }

        if (version.ExpiresOn is not { } expires)
        {
            yield return FindingKinds.KeyWithoutExpiry.On(id);
        }
        else if (policy.IsExpiring(version, now))
        {
            yield return FindingKinds.KeyExpires.On(id, $"{(WrappingKeyPolicy.IsExpired(version, now) ? "expired on" : "expires on")} {expires:yyyy-MM-dd}");
        }

        if (policy.IsTooOld(version, now))
        {
            yield return FindingKinds.KeyTooOld.On(id, $"{(now - version.CreatedOn).TotalDays:0} days, the policy allows {policy.MaxAge.TotalDays:0}");
        }

        if (policy.IsUnproved(version, now))
        {
            yield return FindingKinds.KeyUnproved.On(id);
        }
    }

    private static AuditedVersion Describe(VaultKey version, bool? isInHsm) => new(
        version.Id,
        WrappingKeyPolicy.Describe(version),
        version.KeyType,
        version.PublicKey?.SizeInBits,
        version.PublicKey?.Thumbprint,
        version.Tags.GetValueOrDefault(KeyTags.Label),
        isInHsm,
        version.CreatedOn,
        version.ExpiresOn);

    private static bool IsKek(VaultKey key) => key.Tags.GetValueOrDefault(KeyTags.Purpose) == KeyTags.KeyExchange || key.Operations is ["import"];

    /// <summary>A ceremony may take as long as a KEK lives at most; one that is older serves none.</summary>
    private bool IsLeftBehind(VaultKey kek) => kek.ExpiresOn < time.GetUtcNow() || time.GetUtcNow() - kek.CreatedOn > options.KekLifetime;

    /// <returns>The thumbprints in the HSM; null when it did not answer.</returns>
    private async Task<HashSet<string>?> ReadHsmAsync(List<Finding> findings, CancellationToken cancellationToken)
    {
        try
        {
            var keys = await hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
            return keys.Select(key => key.PublicKey.Thumbprint).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is TransientByokException or HsmException)
        {
            findings.Add(FindingKinds.HsmUnreachable.On("HSM", exception.Message));
            return null;
        }
    }

    private async Task<HashSet<KeyIdentifier>> ReadImportsAsync(CancellationToken cancellationToken)
    {
        var imported = new HashSet<KeyIdentifier>();
        try
        {
            await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (LedgerReading.TryReadImported(entry.Event, out var keyId))
                {
                    imported.Add(keyId);
                }
            }
        }
        catch (IntegrityException)
        {
            // AuditLedger reports it; what could be read counts.
        }

        return imported;
    }
}

/// <summary>What the vault holds.</summary>
/// <param name="Vault">Its host name.</param>
/// <param name="Keys">The wrapping keys.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AuditVaultResult(string Vault, IReadOnlyList<AuditedKey> Keys, FindingTally Findings);
