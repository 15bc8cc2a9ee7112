using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Byok.EndToEnd.Tests.Layering;

/// <summary>What a compiled assembly really uses.</summary>
/// <param name="References">Assemblies it references.</param>
/// <param name="Types">Full names of types of other assemblies that it uses.</param>
internal sealed record CompiledAssembly(IReadOnlyList<string> References, IReadOnlyList<string> Types)
{
    public static CompiledAssembly Load(string fileName)
    {
        using var portable = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, fileName)));
        var reader = portable.GetMetadataReader();
        return new CompiledAssembly(
            [.. reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))],
            [.. reader.TypeReferences.Select(reader.GetTypeReference).Select(type => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}")]);
    }
}
