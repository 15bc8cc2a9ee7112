using System.Security.Cryptography;
using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Core.Ports;
using Byok.Pipeline.Branches;
using Byok.Storage;

namespace Byok.Testing;

/// <summary>Keys as a bring leaves them, without one: an active version with a pinned branch, and the branch's record.</summary>
public static class PinnedKey
{
    /// <summary>Adds a key with one branch.</summary>
    /// <param name="vault">The vault.</param>
    /// <param name="storage">Where the record goes.</param>
    /// <param name="name">The key's name.</param>
    /// <param name="time">The clock by which the branch is new.</param>
    /// <param name="sizeInBits">The key's size in bits.</param>
    /// <param name="material">The key's material, which an HSM may hold as well; null for new one.</param>
    public static async Task<VaultKey> AddPinnedKeyAsync(
        this InMemoryVault vault, StorageAccount storage, string name, TimeProvider? time = null, int sizeInBits = 2048, RSA? material = null)
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(storage);
        using var branch = BranchKey.Generate();
        var added = vault.AddActiveKey(name, sizeInBits, material);
        await new BranchRecords(storage.Branches).AddAsync(name, branch.Name, branch.WrapWith(added.Id, added.RequirePublicKey()), CancellationToken.None).ConfigureAwait(false);
        var tags = BranchPins.Start(name, branch.Name).WriteTo(added.Tags);
        tags[KeyTags.Activation] = "1";
        tags[KeyTags.BranchSince] = BranchAge.Format((time ?? TimeProvider.System).GetUtcNow());
        return await vault.UpdateKeyAsync(added.Id, new KeyAttributes { Tags = tags }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The key of a branch of a key, by its record, as a reader gets it. The caller disposes of it.</summary>
    public static async Task<BranchKey> OpenBranchAsync(this IKeyVault vault, StorageAccount storage, string name, BranchName? branch = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        var life = await vault.ReadLifeWithPublicKeysAsync(name, CancellationToken.None).ConfigureAwait(false);
        return await new BranchKeeper(vault, new BranchRecords(storage.Branches)).OpenAsync(life, branch ?? BranchPins.Of(life).RequireCurrent(), CancellationToken.None).ConfigureAwait(false);
    }
}
