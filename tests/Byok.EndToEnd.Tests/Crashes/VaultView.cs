using Byok.Core.Keys;
using Byok.Local.Tokens;
using Byok.Local.Vault;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>A look into a stack's vault, past the command line, which hides KEKs.</summary>
internal static class VaultView
{
    /// <summary>All versions of all keys that are not deleted.</summary>
    public static async Task<IReadOnlyList<VaultKey>> ReadAsync(string home)
    {
        using var softHsm = SoftHsm.Open(Path.Combine(home, "tokens"));
        using var token = softHsm.OpenToken("vault-hsm");
        using var vault = await LocalVault.OpenAsync(Path.Combine(home, "vault.db"), token, new LocalVaultOptions(), TimeProvider.System, CancellationToken.None);
        var versions = new List<VaultKey>();
        await foreach (var key in vault.ListKeysAsync(CancellationToken.None))
        {
            await foreach (var version in vault.ListKeyVersionsAsync(key.Id.Name, CancellationToken.None))
            {
                versions.Add(version);
            }
        }

        return versions;
    }
}
