using System.Text.Json.Nodes;
using Byok.Core.Keys;

namespace Byok.Local.VaultEndpoint;

/// <summary>Keys in the service's JSON (Azure Key Vault REST reference: KeyBundle, KeyItem, DeletedKeyBundle, DeletedKeyItem).</summary>
internal static class KeyJson
{
    internal static JsonObject Bundle(VaultKey key)
    {
        var json = new JsonObject
        {
            ["key"] = new JsonObject
            {
                ["kid"] = key.Id.ToString(),
                ["kty"] = key.KeyType,
                ["key_ops"] = new JsonArray([.. key.Operations.Select(operation => JsonValue.Create(operation))]),
                ["n"] = key.PublicKey?.N,
                ["e"] = key.PublicKey?.E,
            },
        };
        return WithAttributes(json, key);
    }

    /// <summary>A key in a list of keys: by its identifier without version.</summary>
    internal static JsonObject Item(VaultKey key) => WithAttributes(new JsonObject { ["kid"] = Unversioned(key, "keys") }, key);

    /// <summary>A version in a list of versions.</summary>
    internal static JsonObject VersionItem(VaultKey key) => WithAttributes(new JsonObject { ["kid"] = key.Id.ToString() }, key);

    internal static JsonObject DeletedBundle(DeletedVaultKey deleted) => WithDeletion(Bundle(deleted.Key), deleted);

    internal static JsonObject DeletedItem(DeletedVaultKey deleted) => WithDeletion(Item(deleted.Key), deleted);

    private static JsonObject WithDeletion(JsonObject json, DeletedVaultKey deleted)
    {
        json["recoveryId"] = Unversioned(deleted.Key, "deletedkeys");
        json["deletedDate"] = deleted.DeletedOn.ToUnixTimeSeconds();
        json["scheduledPurgeDate"] = deleted.ScheduledPurgeOn.ToUnixTimeSeconds();
        return json;
    }

    private static JsonObject WithAttributes(JsonObject json, VaultKey key)
    {
        var attributes = new JsonObject { ["enabled"] = key.Enabled };
        if (key.NotBefore is { } notBefore)
        {
            attributes["nbf"] = notBefore.ToUnixTimeSeconds();
        }

        if (key.ExpiresOn is { } expiresOn)
        {
            attributes["exp"] = expiresOn.ToUnixTimeSeconds();
        }

        attributes["created"] = key.CreatedOn.ToUnixTimeSeconds();
        attributes["updated"] = key.UpdatedOn.ToUnixTimeSeconds();
        attributes["recoveryLevel"] = key.RecoveryLevel;
        attributes["recoverableDays"] = key.RecoverableDays;
        attributes["exportable"] = key.Exportable;
        json["attributes"] = attributes;
        if (key.Tags.Count > 0)
        {
            json["tags"] = new JsonObject(key.Tags.Select(tag => KeyValuePair.Create<string, JsonNode?>(tag.Key, tag.Value)));
        }

        return json;
    }

    private static string Unversioned(VaultKey key, string collection) => $"{key.Id.Vault.GetLeftPart(UriPartial.Authority)}/{collection}/{key.Id.Name}";
}
