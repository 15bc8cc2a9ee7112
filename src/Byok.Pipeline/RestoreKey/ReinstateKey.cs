using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;

namespace Byok.Pipeline.RestoreKey;

/// <summary>
/// Recovers a deleted key, and enables what a revocation disabled. Versions that a rotation has put out of use stay disabled; when none
/// carries the mark of a revocation, somebody disabled them by hand, and the verified ones are enabled.
/// </summary>
public sealed class ReinstateKey(IKeyVault vault, ILedger ledger) : Activity<ReinstateInput, List<KeyIdentifier>>
{
    /// <summary>The name it is called by.</summary>
    public const string Name = "ReinstateKey";

    /// <inheritdoc/>
    /// <returns>The versions that are usable again, the current one last.</returns>
    public override async Task<List<KeyIdentifier>> RunAsync(ReinstateInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (await vault.ListDeletedKeysAsync(cancellationToken).AnyAsync(deleted => deleted.Key.Id.Name == input.KeyName, cancellationToken).ConfigureAwait(false))
        {
            await vault.RecoverDeletedKeyAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        }

        var versions = await vault.ListKeyVersionsAsync(input.KeyName, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        var marked = versions.Where(version => version.Tags.ContainsKey(KeyTags.Revoked)).ToList();
        var disabled = marked.Count > 0
            ? marked
            : versions.Where(version => !version.Enabled && version.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active).ToList();
        foreach (var version in disabled)
        {
            // Enabled first, unmarked second: a run that dies in between is repeated whole.
            await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Enabled = true }, cancellationToken).ConfigureAwait(false);
        }

        var usable = versions
            .Where(version => version.Enabled || disabled.Contains(version))
            .Where(version => version.Tags.GetValueOrDefault(KeyTags.State) is KeyTags.Active or KeyTags.Retired)
            .OrderBy(version => version.Tags.GetValueOrDefault(KeyTags.State) == KeyTags.Active)
            .ThenBy(version => version.CreatedOn)
            .Select(version => version.Id)
            .ToList();
        if (usable.Count == 0)
        {
            throw new ConflictException($"The key '{input.KeyName}' has no verified version to enable; bring it again.");
        }

        foreach (var id in usable)
        {
            await RecordAsync(input, id, cancellationToken).ConfigureAwait(false);
        }

        foreach (var version in marked)
        {
            var tags = version.Tags.Where(tag => tag.Key != KeyTags.Revoked).ToDictionary(tag => tag.Key, tag => tag.Value);
            await vault.UpdateKeyAsync(version.Id, new KeyAttributes { Tags = tags }, cancellationToken).ConfigureAwait(false);
        }

        return usable;
    }

    private Task RecordAsync(ReinstateInput input, KeyIdentifier id, CancellationToken cancellationToken) => ledger.AppendAsync(
        new LedgerEvent
        {
            EventId = $"{input.OperationId}/key.enabled/{id.Version}",
            Kind = "key.enabled",
            Subject = id.ToString(),
            CorrelationId = input.OperationId,
        },
        cancellationToken);
}

/// <summary>Which key to reinstate.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="KeyName">The key.</param>
public sealed record ReinstateInput(string OperationId, string KeyName);
