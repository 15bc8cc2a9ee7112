using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;

namespace Byok.Pipeline.AuditKeys;

/// <summary>Looks at every key in the vault, and compares with the HSM and the ledger.</summary>
public sealed class AuditVault(IKeyVault vault, IHsm hsm, BranchKeeper branches, ILedger ledger, PipelineOptions options, TimeProvider time) : Activity<object?, AuditVaultResult>
{
    public const string Name = "AuditVault";

    public override async Task<AuditVaultResult> RunAsync(object? input, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var inHsm = await ReadHsmAsync(findings, cancellationToken).ConfigureAwait(false);
        var (imported, activated) = await ReadLedgerAsync(cancellationToken).ConfigureAwait(false);
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

            var (audited, described) = (new List<AuditedVersion>(), new List<VaultKey>());
            foreach (var listed in versions)
            {
                var version = listed.PublicKey is null ? await vault.GetKeyAsync(listed.Id.Name, listed.Id.Version, cancellationToken).ConfigureAwait(false) : listed;
                bool? isInHsm = version.PublicKey is null ? false : inHsm?.Contains(version.PublicKey.Thumbprint);
                findings.AddRange(Check(version, isInHsm, imported.Contains(version.Id)));
                audited.Add(Describe(version, isInHsm));
                described.Add(version);
            }

            var life = new KeyLife(newest.Id.Name, described, null);
            findings.AddRange(CheckState(life));
            keys.Add(new AuditedKey(newest.Id.Name, audited) { Branches = await CheckBranchesAsync(life, activated, findings, cancellationToken).ConfigureAwait(false) });
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

    private async Task<IReadOnlyList<AuditedBranch>> CheckBranchesAsync(
        KeyLife life, HashSet<KeyIdentifier> activated, List<Finding> findings, CancellationToken cancellationToken)
    {
        BranchPins? pins = null;
        try
        {
            pins = BranchPins.Find(life);
        }
        catch (KeyUnavailableException exception)
        {
            findings.Add(FindingKinds.KeyPinsUnreadable.On(life.Name, exception.Message));
            return [];
        }

        if (pins is null)
        {
            if (life.Versions.Any(version => WrappingKeyPolicy.IsProved(version) || activated.Contains(version.Id)))
            {
                findings.Add(FindingKinds.KeyPinsUnreadable.On(life.Name));
            }

            return [];
        }

        var isInUse = KeyLifecycle.Refusal(life.State, KeyOperation.Protect) is null;
        if (pins.Sealed.Count >= BranchPins.MaxSealed - 2)
        {
            findings.Add(FindingKinds.BranchesNearLimit.On(life.Name, $"{pins.Sealed.Count} of {BranchPins.MaxSealed}"));
        }

        if (isInUse && BranchAge.IsDue(life, options, time.GetUtcNow()))
        {
            findings.Add(FindingKinds.BranchTooOld.On(life.Name, BranchAge.SinceOf(life) is { } since ? $"since {since:yyyy-MM-dd}" : "its age is not known"));
        }

        var audited = new List<AuditedBranch>();
        foreach (var branch in pins.All)
        {
            findings.AddRange(await CheckRecordAsync(life.Name, branch, cancellationToken).ConfigureAwait(false));
            var provedUnder = isInUse ? await ProveAsync(life, branch, findings, cancellationToken).ConfigureAwait(false) : null;
            audited.Add(new AuditedBranch(branch, branch == pins.Current, provedUnder));
        }

        return audited;
    }

    private async Task<IEnumerable<Finding>> CheckRecordAsync(string keyName, BranchName branch, CancellationToken cancellationToken)
    {
        try
        {
            return await branches.Records.FindAsync(keyName, branch, cancellationToken).ConfigureAwait(false) is null
                ? [FindingKinds.BranchRecordMissing.On(BranchRecord.BlobNameOf(keyName, branch))]
                : [];
        }
        catch (MalformedBranchRecordException exception)
        {
            return [FindingKinds.BranchRecordMalformed.On(BranchRecord.BlobNameOf(keyName, branch), exception.Message)];
        }
    }

    /// <summary>Has an enabled version unwrap the branch by its record.</summary>
    private async Task<KeyIdentifier?> ProveAsync(KeyLife life, BranchName branch, List<Finding> findings, CancellationToken cancellationToken)
    {
        var enabled = life with { Versions = [.. life.Versions.Where(version => version.Enabled || !WrappingKeyPolicy.IsInUse(version))] };
        KeyIdentifier? last = null;
        try
        {
            var candidates = await branches.FindCandidatesAsync(enabled, branch, cancellationToken).ConfigureAwait(false);
            using var key = await candidates.UnwrapAsync((id, wrapped, stop) => vault.UnwrapKeyAsync(last = id, wrapped, stop), cancellationToken).ConfigureAwait(false);
            return last;
        }
        catch (Exception exception) when (exception is KeyUnavailableException or IntegrityException)
        {
            findings.Add(FindingKinds.BranchUnproved.On(BranchRecord.BlobNameOf(life.Name, branch), exception.Message));
            return null;
        }
    }

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

    private async Task<(HashSet<KeyIdentifier> Imported, HashSet<KeyIdentifier> Activated)> ReadLedgerAsync(CancellationToken cancellationToken)
    {
        var (imported, activated) = (new HashSet<KeyIdentifier>(), new HashSet<KeyIdentifier>());
        try
        {
            await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (LedgerReading.TryReadImported(entry.Event, out var keyId))
                {
                    imported.Add(keyId);
                }
                else if (LedgerReading.TryReadActivated(entry.Event, out keyId, out _))
                {
                    activated.Add(keyId);
                }
            }
        }
        catch (IntegrityException)
        {
            // AuditLedger reports it; what could be read counts.
        }

        return (imported, activated);
    }
}

/// <summary>What the vault holds.</summary>
/// <param name="Vault">Its host name.</param>
/// <param name="Keys">The wrapping keys.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AuditVaultResult(string Vault, IReadOnlyList<AuditedKey> Keys, FindingTally Findings);
