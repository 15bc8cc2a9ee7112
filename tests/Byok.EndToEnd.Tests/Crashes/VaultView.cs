using Byok.Core.Keys;
using Byok.Local.Tokens;
using Byok.Local.Vault;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>A look into a stack's vault, past the command line, which hides KEKs.</summary>
internal static class VaultView
{
    /// <summary>All versions of all keys that are not deleted.</summary>
    public static async Task<IReadOnlyList<VaultKey>> ReadAsync(ByokHome byok)
    {
        var tokens = (await byok.SucceedAsync("status", "--json")).Json.GetProperty("tokens").EnumerateArray();
        var place = tokens.Single(token => token.GetProperty("role").GetString()!.StartsWith("vault", StringComparison.Ordinal));
        using var softHsm = SoftHsm.Open(place.GetProperty("folder").GetString()!);
        using var token = softHsm.OpenToken(place.GetProperty("label").GetString()!);
        using var vault = await LocalVault.OpenAsync(Path.Combine(byok.Home, "vault.db"), token, new LocalVaultOptions(), TimeProvider.System, CancellationToken.None);
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
