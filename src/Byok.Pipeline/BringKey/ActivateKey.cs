using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>
/// Proves that an imported version is the HSM's key and fit for use (same public key, in the vault's HSM, not exportable, with expiry), wraps every pinned branch
/// under it and has the vault unwrap that, and only then marks it active, with the pins, in one update. The key's first version gets a new branch. A key that was
/// revoked meanwhile does not come back by it: whoever revokes lists after disabling, and this looks after activating, so that one of the two sees the other.
/// </summary>
public sealed class ActivateKey(IKeyVault vault, BranchKeeper branches, OperationClaims claims, ILedger ledger, PipelineOptions options, TimeProvider time)
    : Activity<ActivateKeyInput, IReadOnlyList<BranchName>>
{
    public const string Name = "ActivateKey";

    /// <inheritdoc/>
    /// <returns>The pinned branches that the version unwraps.</returns>
    /// <exception cref="VaultException">A proof failed.</exception>
    /// <exception cref="KeyUnavailableException">The key was revoked since the bring began, or a pinned branch does not unwrap.</exception>
    /// <exception cref="ConflictException">Another operation holds the key.</exception>
    public override async Task<IReadOnlyList<BranchName>> RunAsync(ActivateKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.IsPartOfAnother)
        {
            return await ActivateAsync(input, cancellationToken).ConfigureAwait(false);
        }

        await claims.ClaimAsync(input.KeyId.Name, input.OperationId, cancellationToken).ConfigureAwait(false);
        try
        {
            return await ActivateAsync(input, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await claims.ReleaseAsync(input.KeyId.Name, input.OperationId, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<BranchName>> ActivateAsync(ActivateKeyInput input, CancellationToken cancellationToken)
    {
        await vault.RequireUnrevokedAsync(input.KeyId, cancellationToken).ConfigureAwait(false);
        var key = await vault.GetKeyAsync(input.KeyId.Name, input.KeyId.Version, cancellationToken).ConfigureAwait(false);
        Require(key.PublicKey?.Thumbprint == input.Thumbprint, key, $"its public key is not the HSM's ({input.Thumbprint})");
        Require(key.IsHsmProtected, key, $"it is {key.KeyType}, not held by the vault's HSM");
        Require(!key.Exportable, key, "it is exportable");
        Require(key.ExpiresOn is not null, key, "it has no expiry");
        Require(key.Enabled, key, "it is disabled");

        var (pins, proved) = key.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active
            ? await FindDoneAsync(key, cancellationToken).ConfigureAwait(false)
            : await PinAsync(input, key, cancellationToken).ConfigureAwait(false);
        await vault.RequireUnrevokedAsync(input.KeyId, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(
            LedgerEvents.KeyActivated(input.OperationId, key.Id, input.Thumbprint, pins), cancellationToken).ConfigureAwait(false);
        return proved;
    }

    /// <summary>An earlier run of this activity put it to use, and died before its answer was recorded.</summary>
    private async Task<(BranchPins Pins, IReadOnlyList<BranchName> Proved)> FindDoneAsync(VaultKey key, CancellationToken cancellationToken)
    {
        var pins = BranchPins.Of(await vault.ReadLifeAsync(key.Id.Name, cancellationToken).ConfigureAwait(false));
        return (pins, pins.All);
    }

    private async Task<(BranchPins Pins, IReadOnlyList<BranchName> Proved)> PinAsync(ActivateKeyInput input, VaultKey key, CancellationToken cancellationToken)
    {
        var life = await vault.ReadLifeWithPublicKeysAsync(key.Id.Name, cancellationToken).ConfigureAwait(false);
        var (inVault, now) = (BranchPins.Find(life), time.GetUtcNow());
        if (inVault is null && !input.IsRestored && await WasInUseAsync(life, cancellationToken).ConfigureAwait(false))
        {
            throw new KeyUnavailableException($"The key '{life.Name}' has versions in use and no pinned branch: its tags were removed. Restore it first, or its blobs would be refused.");
        }

        var pins = inVault ?? await RecordedBranches.FindLastAsync(ledger, life.Name, cancellationToken).ConfigureAwait(false);
        if (inVault is null && !input.IsRestored && pins is not null)
        {
            throw new KeyUnavailableException(
                $"The key '{life.Name}' was destroyed, and its blobs would be refused under another: restore it (byok key restore {life.Name}), or bring this one under another name.");
        }

        var proved = new List<BranchName>();
        var tags = pins is null ? [] : TagsOf(life, pins, now);
        foreach (var branch in pins?.All ?? [])
        {
            try
            {
                using var opened = await branches.OpenAsync(AsItWillBe(life, key, tags), branch, cancellationToken).ConfigureAwait(false);
                await branches.WrapAndProveAsync(opened, key, cancellationToken).ConfigureAwait(false);
                proved.Add(branch);
            }
            catch (Exception exception) when (input.IsRestored && exception is KeyUnavailableException or IntegrityException)
            {
                // It was wrapped by another master key, which a restore brings next or which is gone for good; or its record is lost or altered: the blobs' copies serve, and
                // the record is made anew from them.
            }
        }

        if (pins?.Current is null || (!input.IsRestored && pins.Sealed.Count < BranchPins.MaxSealed && BranchAge.IsDue(life, options, now)))
        {
            // An unpinned record that an earlier run may have left is not taken up: anybody who can write storage can make one under a public key.
            using var made = BranchKey.Generate();
            await branches.WrapAndProveAsync(made, key, cancellationToken).ConfigureAwait(false);
            pins = pins?.SealCurrentAndPin(made.Name) ?? BranchPins.Start(life.Name, made.Name);
            proved.Insert(0, made.Name);
            tags = TagsOf(life, pins, now);
            tags[KeyTags.BranchSince] = BranchAge.Format(now);
        }
        else
        {
            tags = TagsOf(life, pins, now);
        }

        await vault.WriteTagsAsync(key.Id, _ => tags, new KeyAttributes(), cancellationToken).ConfigureAwait(false);
        return (pins, proved);
    }

    /// <summary>Whether a version that is there was in use once: by its tags, or by the ledger when all of them were removed.</summary>
    private async Task<bool> WasInUseAsync(KeyLife life, CancellationToken cancellationToken)
    {
        if (life.Versions.Any(WrappingKeyPolicy.IsProved))
        {
            return true;
        }

        await foreach (var entry in ledger.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (LedgerReading.TryReadActivated(entry.Event, out var id, out _) && life.Versions.Any(version => version.Id == id))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The key with the version in use: what unwraps is decided by what will be, and changed only when it is proved.</summary>
    private static KeyLife AsItWillBe(KeyLife life, VaultKey key, Dictionary<string, string?> tags)
    {
        var all = new Dictionary<string, string>(key.Tags);
        foreach (var (name, value) in tags)
        {
            all.Remove(name);
            if (value is not null)
            {
                all[name] = value;
            }
        }

        return life with { Versions = [.. life.Versions.Where(version => version.Id != key.Id), key with { Tags = all }] };
    }

    private static Dictionary<string, string?> TagsOf(KeyLife life, BranchPins pins, DateTimeOffset now)
    {
        var tags = PinWriter.TagsOf(pins);
        tags[KeyTags.State] = KeyTags.Active;
        tags[KeyTags.Activation] = KeyActivation.Next(life);
        tags[KeyTags.BranchSince] = BranchAge.Format(BranchAge.SinceOf(life) ?? now);
        return tags;
    }

    private static void Require(bool condition, VaultKey key, string fault)
    {
        if (!condition)
        {
            throw new VaultException($"The imported key {key.Id} failed its proof: {fault}. It is not put in use.");
        }
    }
}

/// <summary>Which version to prove and activate.</summary>
/// <param name="KeyId">The version.</param>
/// <param name="Thumbprint">Thumbprint of the HSM's key.</param>
/// <param name="OperationId">The bring.</param>
/// <param name="IsPartOfAnother">Whether an operation that this is part of holds the key.</param>
/// <param name="IsRestored">Whether the key is brought to restore it: pins come from the operation's own record when the vault has none.</param>
public sealed record ActivateKeyInput(KeyIdentifier KeyId, string Thumbprint, string OperationId, bool IsPartOfAnother = false, bool IsRestored = false);
