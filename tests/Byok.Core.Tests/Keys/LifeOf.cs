using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

/// <summary>What a vault may have under one key name.</summary>
internal static class LifeOf
{
    private static readonly Uri Vault = new("https://v.example/");
    private static int _count;

    public static KeyLife Versions(params VaultKey[] versions) => new("k", versions, null);

    public static KeyLife Deleted(VaultKey newest) => new("k", [], new DeletedVaultKey(newest, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(90)));

    public static VaultKey Version(string? state = KeyTags.Active, bool isEnabled = true, string? order = null)
    {
        var tags = new Dictionary<string, string>();
        if (state is not null)
        {
            tags[KeyTags.State] = state;
        }

        if (order is not null)
        {
            tags[KeyTags.Order] = order;
        }

        return new VaultKey
        {
            Id = new KeyIdentifier(Vault, "k", $"{Interlocked.Increment(ref _count):x8}"),
            PublicKey = null,
            KeyType = "RSA-HSM",
            Operations = ["wrapKey", "unwrapKey"],
            Enabled = isEnabled,
            CreatedOn = DateTimeOffset.UnixEpoch,
            UpdatedOn = DateTimeOffset.UnixEpoch,
            Tags = tags,
        };
    }
}
