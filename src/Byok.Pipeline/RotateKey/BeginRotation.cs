using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RotateKey;

/// <summary>
/// Claims the key for this rotation, and decides on the new master key. A rotation that is repeated after a failure finds the version that it
/// had brought already.
/// </summary>
public sealed class BeginRotation(IKeyVault vault, IHsm hsm, ILedger ledger, OperationClaims claims, PipelineOptions options, TimeProvider time)
    : Activity<BeginRotationInput, BeginRotationResult>
{
    public const string Name = "BeginRotation";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">There is no such key, or it is revoked.</exception>
    /// <exception cref="ConflictException">Another operation on the key is under way, the new master key is in use by it already, or it needs a new branch and has no room for it.</exception>
    /// <exception cref="HsmKeyNotFoundException">The HSM has no such master key and none is to be generated.</exception>
    public override async Task<BeginRotationResult> RunAsync(BeginRotationInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var rotation = input.Rotation;
        var life = await vault.ReadLifeAsync(rotation.KeyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Rotate);
        await claims.ClaimAsync(rotation.KeyName, input.OperationId, cancellationToken).ConfigureAwait(false);
        var active = life.Versions.Where(WrappingKeyPolicy.MayProtect).ToList();
        var current = life.Current!;
        var pins = BranchPins.Of(life);
        var target = active.Find(version => version.Tags.GetValueOrDefault(KeyTags.Request)?.StartsWith(OperationId.BringPrefixWithin(input.OperationId), StringComparison.Ordinal) == true);
        if (target is null && pins.Sealed.Count == BranchPins.MaxSealed && BranchAge.IsDue(life, options, time.GetUtcNow()))
        {
            throw new ConflictException(
                $"The current branch of '{life.Name}' is to be replaced, and {BranchPins.MaxSealed} branches are sealed, the most there may be; retire one first (byok key rotate {life.Name} --branch ID).");
        }

        var terms = new RotationTerms(options.KeyCacheTime, rotation.GracePeriod ?? options.GracePeriod, options.BlobsPerPage);
        var begun = target is null
            ? await ChooseMasterKeyAsync(input, current, terms, cancellationToken).ConfigureAwait(false)
            : new BeginRotationResult(target.Id, await ThumbprintAsync(target, cancellationToken).ConfigureAwait(false), null, null, terms);
        await ledger.AppendAsync(LedgerEvents.RotationBegan(input.OperationId, current.Id, begun.TargetId?.ToString() ?? begun.KeyLabel!, rotation.Deep), cancellationToken).ConfigureAwait(false);
        return begun;
    }

    private async Task<BeginRotationResult> ChooseMasterKeyAsync(BeginRotationInput input, VaultKey current, RotationTerms terms, CancellationToken cancellationToken)
    {
        var rotation = input.Rotation;
        var present = await hsm.ListMasterKeysAsync(cancellationToken).ConfigureAwait(false);
        if (rotation.NewLabel is not { } label)
        {
            var size = rotation.GenerateSizeInBits
                ?? (await vault.GetKeyAsync(current.Id.Name, current.Id.Version, cancellationToken).ConfigureAwait(false)).PublicKey?.SizeInBits;
            return new BeginRotationResult(null, null, FreeLabel(rotation.KeyName, input.StartedOn, present), size, terms);
        }

        var chosen = present.FirstOrDefault(key => key.Label == label);
        if (chosen is null && rotation.GenerateSizeInBits is null)
        {
            throw new HsmKeyNotFoundException($"The HSM holds no master key '{label}'; name another label, or have it generated.");
        }

        if (chosen is not null && chosen.PublicKey.Thumbprint == await ThumbprintAsync(current, cancellationToken).ConfigureAwait(false))
        {
            throw new ConflictException($"The master key '{label}' is the one that '{rotation.KeyName}' has now; rotate to another one.");
        }

        return new BeginRotationResult(null, null, label, rotation.GenerateSizeInBits, terms);
    }

    private async Task<string> ThumbprintAsync(VaultKey key, CancellationToken cancellationToken) =>
        (key.PublicKey ?? (await vault.GetKeyAsync(key.Id.Name, key.Id.Version, cancellationToken).ConfigureAwait(false)).PublicKey)?.Thumbprint
        ?? throw new VaultException($"The vault gave no RSA public key for {key.Id}.");

    private static string FreeLabel(string keyName, DateTimeOffset today, IReadOnlyList<MasterKey> present)
    {
        var label = $"{keyName}-{today:yyyyMMdd}";
        for (var number = 2; present.Any(key => key.Label == label); number++)
        {
            label = $"{keyName}-{today:yyyyMMdd}-{number}";
        }

        return label;
    }
}

/// <summary>Which rotation begins.</summary>
/// <param name="StartedOn">When it began.</param>
public sealed record BeginRotationInput(string OperationId, DateTimeOffset StartedOn, RotateKeyInput Rotation);

/// <summary>Settings of one rotation.</summary>
/// <param name="KeyCacheTime">How long hosts may use what they know of a key.</param>
/// <param name="GracePeriod">How long old versions stay enabled.</param>
/// <param name="PageSize">Blobs that one activity looks at.</param>
public sealed record RotationTerms(TimeSpan KeyCacheTime, TimeSpan GracePeriod, int PageSize);

/// <summary>What a rotation works from: either a version that is there, or a master key to bring.</summary>
/// <param name="TargetId">The version to move to; null when it has still to be brought.</param>
/// <param name="KeyLabel">Label of the master key to bring; null when the version is there.</param>
/// <param name="GenerateSizeInBits">Size of the master key if it has to be generated.</param>
public sealed record BeginRotationResult(KeyIdentifier? TargetId, string? TargetThumbprint, string? KeyLabel, int? GenerateSizeInBits, RotationTerms Terms);
