using Byok.Testing;

namespace Byok.Pipeline.Tests;

/// <summary>The classes that share one emulator; they run one after the other, because it is the bottleneck anyway.</summary>
[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteFixture>
{
    public const string Name = "azurite";
}
