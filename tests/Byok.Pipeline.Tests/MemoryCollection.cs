namespace Byok.Pipeline.Tests;

/// <summary>Tests that measure this process's memory: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryCollection
{
    public const string Name = "memory";
}
