using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ledger;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.BringKey;

/// <summary>Imports the transfer blob as a new version, marked pending. A second run finds the version of the first by its tag.</summary>
public sealed class ImportMasterKey(IKeyVault vault, ILedger ledger, PipelineOptions options, TimeProvider time) : Activity<ImportMasterKeyInput, ImportMasterKeyResult>
{
    public const string Name = "ImportMasterKey";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">The key was revoked since the bring began.</exception>
    public override async Task<ImportMasterKeyResult> RunAsync(ImportMasterKeyInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        var key = life.Versions.FirstOrDefault(version => version.Tags.GetValueOrDefault(KeyTags.Request) == input.OperationId)
            ?? await ImportAsync(input, life, cancellationToken).ConfigureAwait(false);
        await vault.RequireUnrevokedAsync(key.Id, cancellationToken).ConfigureAwait(false);
        await ledger.AppendAsync(LedgerEvents.KeyImported(input.OperationId, key.Id, input.KeyLabel), cancellationToken).ConfigureAwait(false);
        return new ImportMasterKeyResult(key.Id, key.ExpiresOn ?? throw new VaultException($"The vault set no expiry on {key.Id}."));
    }

    private Task<VaultKey> ImportAsync(ImportMasterKeyInput input, KeyLife life, CancellationToken cancellationToken)
    {
        life.Require(KeyOperation.Activate);
        var tags = new Dictionary<string, string>
        {
            [KeyTags.Purpose] = KeyTags.Wrapping,
            [KeyTags.Request] = input.OperationId,
            [KeyTags.Label] = input.KeyLabel,
            [KeyTags.State] = KeyTags.Pending,
        };
        if (input.Restores is { } order)
        {
            tags[KeyTags.Order] = order.ToString();
        }

        var attributes = new KeyAttributes
        {
            Enabled = true,
            ExpiresOn = time.GetUtcNow() + options.WrappingKeyLifetime,
            Operations = ["wrapKey", "unwrapKey"],
            Tags = tags,
        };
        return vault.ImportKeyAsync(input.KeyName, input.TransferBlob, attributes, cancellationToken);
    }
}

/// <summary>What to import.</summary>
/// <param name="OperationId">The operation; marks the version.</param>
/// <param name="TransferBlob">The .byok file. It holds no clear key material.</param>
/// <param name="Restores">The restore that it is part of; null when it is not.</param>
public sealed record ImportMasterKeyInput(string KeyName, string KeyLabel, string OperationId, byte[] TransferBlob, KeyOrder? Restores = null);

/// <summary>The imported version.</summary>
/// <param name="Id">Its identifier.</param>
/// <param name="ExpiresOn">Its <c>exp</c>.</param>
public sealed record ImportMasterKeyResult(KeyIdentifier Id, DateTimeOffset ExpiresOn);
