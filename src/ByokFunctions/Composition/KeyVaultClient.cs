using Azure.Core;
using Byok.Core.Ports;
using Byok.KeyVault;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Composition;

/// <summary>The vault, by Microsoft's client. The only file of the app that needs the package; builds without it compile <c>MissingKeyVaultClient.cs</c> instead.</summary>
internal static class KeyVaultClient
{
    /// <summary>Whether this build has the client.</summary>
    public static bool IsPresent => true;

    /// <summary>Adds the vault that the settings name.</summary>
    public static void Add(IServiceCollection services, ByokSettings settings) =>
        services.AddSingleton<IKeyVault>(provider => new AzureKeyVault(
            settings.VaultUri,
            settings.VaultToken is { } token ? new FixedTokenCredential(token) : provider.GetRequiredService<TokenCredential>()));
}
