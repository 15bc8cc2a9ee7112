using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Local.Vault;

namespace Byok.Local.VaultEndpoint;

/// <summary>Creating, reading, listing and updating keys.</summary>
internal sealed class KeyRequests(LocalVault vault)
{
    private const int StandardSizeInBits = 2048;

    internal async Task<Answer> CreateAsync(VaultRequest request, string name)
    {
        RequireName(name);
        var body = await request.ReadBodyAsync().ConfigureAwait(false);
        var hsm = body.RequiredString("kty") switch
        {
            "RSA-HSM" => true,
            "RSA" => false,
            var other => throw Refuse($"This vault holds RSA keys only, not '{other}'."),
        };
        var size = body.Number("key_size") switch
        {
            null => StandardSizeInBits,
            (2048 or 3072 or 4096) and var asked => (int)asked,
            var other => throw Refuse($"An RSA key has 2048, 3072 or 4096 bits, not {other}."),
        };
        if (body.Number("public_exponent") is not (null or 65537))
        {
            throw Refuse("This vault makes RSA keys with the public exponent 65537 only.");
        }

        var attributes = body.Attributes(body.Strings("key_ops"));
        if (attributes.Operations is { } operations && operations.Contains(KeyOperations.Import))
        {
            return hsm && operations.All(operation => operation == KeyOperations.Import)
                ? Answer.Ok(KeyJson.Bundle(await vault.CreateKeyExchangeKeyAsync(name, size, attributes, request.Aborted).ConfigureAwait(false)))
                : throw Refuse("A key exchange key is of type RSA-HSM, and 'import' is its only operation.");
        }

        RequireKnown(attributes.Operations);
        return Answer.Ok(KeyJson.Bundle(await vault.CreateKeyAsync(name, size, attributes, request.Aborted).ConfigureAwait(false)));
    }

    internal async Task<Answer> GetAsync(VaultRequest request, string name, string? version)
    {
        RequireName(name);
        return Answer.Ok(KeyJson.Bundle(await FindAsync(vault, name, version, request.Aborted).ConfigureAwait(false)));
    }

    internal async Task<Answer> UpdateAsync(VaultRequest request, string name, string? version)
    {
        RequireName(name);
        var body = await request.ReadBodyAsync().ConfigureAwait(false);
        var attributes = body.Attributes(body.Strings("key_ops"));
        var key = await FindAsync(vault, name, version, request.Aborted).ConfigureAwait(false);
        if (key.Operations is [KeyOperations.Import] ? attributes.Operations is not (null or [KeyOperations.Import]) : attributes.Operations?.Contains(KeyOperations.Import) == true)
        {
            throw Refuse("A key is a key exchange key from its creation on, or never: 'import' is neither added nor taken away.");
        }

        if (attributes.Operations is not [KeyOperations.Import])
        {
            RequireKnown(attributes.Operations);
        }

        return Answer.Ok(KeyJson.Bundle(await vault.UpdateKeyAsync(key.Id, attributes, request.Aborted).ConfigureAwait(false)));
    }

    internal async Task<Answer> ListAsync(VaultRequest request)
    {
        var page = ListPage.Read(request.Query);
        var keys = await vault.ListKeysAsync(request.Aborted).ToListAsync(request.Aborted).ConfigureAwait(false);
        return Answer.Ok(page.Take(keys, key => key.Id.Name, KeyJson.Item, new Uri(vault.VaultUri, "keys").ToString(), request.ApiVersion));
    }

    /// <summary>The versions in ascending order of their names, as the service gives them; a key that does not exist has none.</summary>
    internal async Task<Answer> ListVersionsAsync(VaultRequest request, string name)
    {
        RequireName(name);
        var page = ListPage.Read(request.Query);
        var keys = await vault.ListKeyVersionsAsync(name, request.Aborted).ToListAsync(request.Aborted).ConfigureAwait(false);
        return Answer.Ok(page.Take(
            keys, key => key.Id.Version, KeyJson.VersionItem, new Uri(vault.VaultUri, $"keys/{name}/versions").ToString(), request.ApiVersion));
    }

    /// <exception cref="RequestRefusedException">There is none.</exception>
    internal static async Task<VaultKey> FindAsync(LocalVault vault, string name, string? version, CancellationToken cancellationToken)
    {
        try
        {
            return await vault.GetKeyAsync(name, version, cancellationToken).ConfigureAwait(false);
        }
        catch (KeyNotFoundInVaultException)
        {
            throw new RequestRefusedException(VaultError.KeyNotFound(name, version));
        }
    }

    /// <exception cref="RequestRefusedException">The text may not name a key.</exception>
    internal static void RequireName(string name)
    {
        if (!KeyName.IsValid(name))
        {
            throw Refuse($"The path holds an invalid key name; a name has 1 to {KeyName.MaxLength} ASCII letters, digits and dashes.");
        }
    }

    /// <exception cref="RequestRefusedException">An operation is unknown.</exception>
    internal static void RequireKnown(IReadOnlyList<string>? operations)
    {
        if (operations?.FirstOrDefault(operation => !KeyOperations.Default.Contains(operation)) is { } unknown)
        {
            throw Refuse($"'{unknown}' is not an operation of a key: {string.Join(", ", KeyOperations.Default)}.");
        }
    }

    private static RequestRefusedException Refuse(string message) => new(VaultError.BadParameter(message));
}
