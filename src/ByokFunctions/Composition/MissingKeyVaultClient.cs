using Byok.Core.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Composition;

/// <summary>Stands in for <c>KeyVaultClient.cs</c> where the package feed lacks Azure.Security.KeyVault.Keys: all of the app can be tested but its vault.</summary>
internal static class KeyVaultClient
{
    /// <summary>Whether this build has the client.</summary>
    public static bool IsPresent => false;

    /// <exception cref="ConfigurationException">Always: such an app must not start.</exception>
    public static void Add(IServiceCollection services, ByokSettings settings) => throw new ConfigurationException(
        "This app was built without the Key Vault client, because the package feed lacked Azure.Security.KeyVault.Keys. It serves tests only; build it from a feed that has the package.");
}
