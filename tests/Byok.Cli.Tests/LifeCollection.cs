using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>One stack for the tests of a key's life: each of them uses keys and blobs of its own.</summary>
[CollectionDefinition(Name)]
public sealed class LifeCollection : ICollectionFixture<StackFixture>
{
    public const string Name = "a key's life";
}
