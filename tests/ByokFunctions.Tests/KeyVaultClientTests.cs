using Byok.Core.Ports;
using Byok.KeyVault;
using ByokFunctions.Composition;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Tests;

public sealed class KeyVaultClientTests
{
    [Fact]
    public void AddByok_WithTheClient_TakesTheVaultFromIt()
    {
        using var provider = new ServiceCollection().AddByok(ByokSettingsTests.Read()).BuildServiceProvider();

        Assert.IsType<AzureKeyVault>(provider.GetRequiredService<IKeyVault>());
    }
}
