using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Keys;
using Azure.Security.KeyVault.Keys.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Ports;
using Byok.Http;
using KeyOperation = Azure.Security.KeyVault.Keys.KeyOperation;

namespace Byok.KeyVault;

/// <summary>
/// The vault on the real service: Azure Key Vault (Premium) or Azure Key Vault Managed HSM, by Azure.Security.KeyVault.Keys.
/// The service's lists carry neither key type nor public part, so what is listed here is read key by key.
/// </summary>
public sealed class AzureKeyVault : IKeyVault, IKeyAttester
{
    private const int VersionLength = 32;

    private readonly KeyClient _client;
    private readonly KeyAttestationClient? _attestations;
    private readonly ConcurrentDictionary<KeyIdentifier, CryptographyClient> _cryptography = new();

    /// <summary>Connects to a vault.</summary>
    /// <param name="vaultUri">The vault's https address, for example <c>https://contoso.vault.azure.net</c> or <c>https://contoso.managedhsm.azure.net</c>.</param>
    /// <param name="credential">Gives the access tokens.</param>
    /// <param name="options">The client's options; null for <see cref="CreateClientOptions"/>.</param>
    /// <exception cref="ArgumentException">The address is not an absolute https URI.</exception>
    public AzureKeyVault(Uri vaultUri, TokenCredential credential, KeyClientOptions? options = null)
    {
        VaultUri = new Uri(Https(vaultUri).GetLeftPart(UriPartial.Authority));
        options ??= CreateClientOptions(vaultUri);
        _client = new KeyClient(vaultUri, credential, options);
        _attestations = KeyAttestationClient.For(VaultUri, credential, options);
    }

    public Uri VaultUri { get; }

    /// <summary>How long to wait between looks at a deletion or a recovery that is under way.</summary>
    internal TimeSpan PollingInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Client options for the pipeline: retries after 1, 2, 4, 8 and 16 s, or as the service asks (Retry-After); no telemetry, no content in logs.
    /// The check that the challenge's resource belongs to the vault's domain stays on, except on the loopback interface, where there is no domain.
    /// </summary>
    /// <param name="vaultUri">The vault's address.</param>
    /// <param name="transport">The HTTP transport; null for <see cref="HttpTransport"/>'s.</param>
    public static KeyClientOptions CreateClientOptions(Uri vaultUri, HttpPipelineTransport? transport = null)
    {
        ArgumentNullException.ThrowIfNull(vaultUri);
        return new KeyClientOptions
        {
            DisableChallengeResourceVerification = vaultUri.IsLoopback,
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = 5,
                Delay = TimeSpan.FromSeconds(1),
                MaxDelay = TimeSpan.FromSeconds(16),
                NetworkTimeout = TimeSpan.FromSeconds(60),
            },
            Diagnostics = { IsTelemetryEnabled = false, IsLoggingContentEnabled = false },
            Transport = transport ?? HttpTransport.CreateForAzure(),
        };
    }

    public Task<VaultKey> CreateKeyExchangeKeyAsync(string name, int sizeInBits, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeInBits, 2048);
        var options = new CreateRsaKeyOptions(KeyName.Validate(name), hardwareProtected: true)
        {
            KeySize = sizeInBits,
            Enabled = attributes.Enabled,
            NotBefore = attributes.NotBefore,
            ExpiresOn = attributes.ExpiresOn,
            KeyOperations = { KeyOperation.Import },
        };
        KeyMapping.CopyTags(attributes.Tags, options.Tags);
        return CallAsync(
            name, VaultCall.Create, async () => KeyMapping.ToVaultKey(await _client.CreateRsaKeyAsync(options, cancellationToken).ConfigureAwait(false)), cancellationToken);
    }

    public Task<VaultKey> ImportKeyAsync(string name, ReadOnlyMemory<byte> transferBlob, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        var key = new JsonWebKey((attributes.Operations ?? []).Select(operation => new KeyOperation(operation)))
        {
            KeyType = KeyType.RsaHsm,
            T = transferBlob.ToArray(),
        };
        var options = new ImportKeyOptions(KeyName.Validate(name), key);
        KeyMapping.Apply(attributes, options.Properties);
        return CallAsync(
            name, VaultCall.Import, async () => KeyMapping.ToVaultKey(await _client.ImportKeyAsync(options, cancellationToken).ConfigureAwait(false)), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A version that blob metadata names may be any word, and some are requests of another kind to the service: <c>keys/name/versions</c>. Its own are
    /// 32 hex digits (REST reference, "Objects, identifiers, and versioning"), so it is not asked for another.
    /// </remarks>
    public Task<VaultKey> GetKeyAsync(string name, string? version, CancellationToken cancellationToken) =>
        version is null || (version.Length == VersionLength && version.All(char.IsAsciiHexDigit))
            ? ReadKeyAsync(name, version, cancellationToken)
            : Task.FromException<VaultKey>(new KeyNotFoundInVaultException($"The vault {VaultUri.Host} gives no key a version '{version}'."));

    public Task<KeyAttestation?> GetKeyAttestationAsync(KeyIdentifier id, CancellationToken cancellationToken)
    {
        RequireThisVault(id);
        return _attestations is { } attestations
            ? CallAsync(id.ToString(), VaultCall.Read, () => attestations.GetAsync(id, cancellationToken), cancellationToken)
            : Task.FromResult<KeyAttestation?>(null);
    }

    public async IAsyncEnumerable<VaultKey> ListKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = await ListAsync("the list of keys", _client.GetPropertiesOfKeysAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (var properties in listed.OrderBy(item => item.Name, StringComparer.Ordinal))
        {
            if (await FindAsync(properties.Name, null, cancellationToken).ConfigureAwait(false) is { } key)
            {
                yield return key;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The service tells times in whole seconds. Of versions made in the same second as the newest, the one that it calls current comes last; the order of
    /// the others among themselves is not known, and nothing rests on it.
    /// </remarks>
    public async IAsyncEnumerable<VaultKey> ListKeyVersionsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeyName.Validate(name);
        var listed = await ListAsync(name, _client.GetPropertiesOfKeyVersionsAsync(name, cancellationToken), cancellationToken).ConfigureAwait(false);
        var ordered = listed.OrderBy(item => item.CreatedOn).ThenBy(item => item.Version, StringComparer.Ordinal).ToList();
        if (ordered.Count > 1 && ordered[^1].CreatedOn == ordered[^2].CreatedOn)
        {
            var current = (await FindAsync(name, null, cancellationToken).ConfigureAwait(false))?.Id.Version;
            ordered = [.. ordered.OrderBy(item => item.CreatedOn).ThenBy(item => item.Version == current).ThenBy(item => item.Version, StringComparer.Ordinal)];
        }

        foreach (var properties in ordered)
        {
            if (await FindAsync(name, properties.Version, cancellationToken).ConfigureAwait(false) is { } key)
            {
                yield return key;
            }
        }
    }

    public Task<VaultKey> UpdateKeyAsync(KeyIdentifier id, KeyAttributes attributes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        RequireThisVault(id);
        var properties = new KeyProperties(new Uri(id.ToString()));
        KeyMapping.Apply(attributes, properties);
        var operations = attributes.Operations?.Select(operation => new KeyOperation(operation));
        return CallAsync(
            id.ToString(),
            VaultCall.Write,
            async () => KeyMapping.ToVaultKey(await _client.UpdateKeyPropertiesAsync(properties, operations, cancellationToken).ConfigureAwait(false)),
            cancellationToken);
    }

    public Task<DeletedVaultKey> DeleteKeyAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(
            name,
            VaultCall.Write,
            async () =>
            {
                var operation = await _client.StartDeleteKeyAsync(KeyName.Validate(name), cancellationToken).ConfigureAwait(false);
                return KeyMapping.ToDeletedVaultKey(await operation.WaitForCompletionAsync(PollingInterval, cancellationToken).ConfigureAwait(false));
            },
            cancellationToken);

    public async IAsyncEnumerable<DeletedVaultKey> ListDeletedKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listed = await ListAsync("the list of deleted keys", _client.GetDeletedKeysAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (var item in listed.OrderBy(item => item.Name, StringComparer.Ordinal))
        {
            DeletedVaultKey deleted;
            try
            {
                deleted = await CallAsync(
                    item.Name,
                    VaultCall.Read,
                    async () => KeyMapping.ToDeletedVaultKey(await _client.GetDeletedKeyAsync(item.Name, cancellationToken).ConfigureAwait(false)),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (KeyNotFoundInVaultException)
            {
                // Recovered or purged since it was listed.
                continue;
            }

            yield return deleted;
        }
    }

    public Task<VaultKey> RecoverDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(
            name,
            VaultCall.Write,
            async () =>
            {
                var operation = await _client.StartRecoverDeletedKeyAsync(KeyName.Validate(name), cancellationToken).ConfigureAwait(false);
                return KeyMapping.ToVaultKey(await operation.WaitForCompletionAsync(PollingInterval, cancellationToken).ConfigureAwait(false));
            },
            cancellationToken);

    public Task PurgeDeletedKeyAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(name, VaultCall.Purge, () => _client.PurgeDeletedKeyAsync(KeyName.Validate(name), cancellationToken), cancellationToken);

    public Task<byte[]> UnwrapKeyAsync(KeyIdentifier id, ReadOnlyMemory<byte> wrappedKey, CancellationToken cancellationToken)
    {
        RequireThisVault(id);

        // A client made from the key client shares its pipeline and tokens. It reads the key at its first call, so it is kept.
        var client = _cryptography.GetOrAdd(id, key => _client.GetCryptographyClient(key.Name, key.Version));
        return CallAsync(
            id.ToString(),
            VaultCall.Unwrap,
            async () => (await client.UnwrapKeyAsync(KeyWrapAlgorithm.RsaOaep256, wrappedKey.ToArray(), cancellationToken).ConfigureAwait(false)).Key,
            cancellationToken);
    }

    private Task<VaultKey> ReadKeyAsync(string name, string? version, CancellationToken cancellationToken) =>
        CallAsync(
            version is null ? name : $"{name}/{version}",
            VaultCall.Read,
            async () => KeyMapping.ToVaultKey(await _client.GetKeyAsync(KeyName.Validate(name), version, cancellationToken).ConfigureAwait(false)),
            cancellationToken);

    private async Task<VaultKey?> FindAsync(string name, string? version, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadKeyAsync(name, version, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            // Deleted since it was listed.
            return null;
        }
    }

    private Task<List<T>> ListAsync<T>(string subject, AsyncPageable<T> pages, CancellationToken cancellationToken)
        where T : notnull =>
        CallAsync(
            subject,
            VaultCall.Read,
            async () =>
            {
                var items = new List<T>();
                await foreach (var item in pages.ConfigureAwait(false))
                {
                    items.Add(item);
                }

                return items;
            },
            cancellationToken);

    private Task<T> CallAsync<T>(string subject, VaultCall call, Func<Task<T>> send, CancellationToken cancellationToken) =>
        KeyVaultFailures.TranslateAsync($"{VaultUri.Host}: {subject}", call, send, cancellationToken);

    private void RequireThisVault(KeyIdentifier id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (id.Vault != VaultUri)
        {
            throw new ArgumentException($"The key {id} is not in {VaultUri.Host}.", nameof(id));
        }
    }

    private static Uri Https(Uri vaultUri)
    {
        ArgumentNullException.ThrowIfNull(vaultUri);
        return vaultUri.IsAbsoluteUri && vaultUri.Scheme == Uri.UriSchemeHttps
            ? vaultUri
            : throw new ArgumentException("A vault's address is an absolute https URI.", nameof(vaultUri));
    }
}
