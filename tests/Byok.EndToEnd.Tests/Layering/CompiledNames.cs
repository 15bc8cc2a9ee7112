using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Byok.EndToEnd.Tests.Layering;

/// <summary>The types that the product's assemblies define, and their members, by name.</summary>
internal sealed class CompiledNames
{
    private readonly Dictionary<string, HashSet<string>> _membersOfType = new(StringComparer.Ordinal);

    private CompiledNames()
    {
    }

    /// <summary>From the assemblies beside the tests. Not the tests' own: a page about the product names none of their types.</summary>
    public static CompiledNames Load()
    {
        var names = new CompiledNames();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Where(IsOfTheProduct))
        {
            names.Add(file);
        }

        return names;
    }

    public bool IsType(string name) => _membersOfType.ContainsKey(name);

    public bool IsMember(string type, string member) => _membersOfType.GetValueOrDefault(type)?.Contains(member) == true;

    public bool IsMemberOfAny(string member) => _membersOfType.Values.Any(members => members.Contains(member));

    private static bool IsOfTheProduct(string file) => Path.GetFileNameWithoutExtension(file) is var name
        && (name is "byok" or "byok-agent" || (name.StartsWith("Byok.", StringComparison.Ordinal) && !name.Contains(".Test", StringComparison.Ordinal)));

    private void Add(string file)
    {
        using var portable = new PEReader(File.OpenRead(file));
        var reader = portable.GetMetadataReader();
        foreach (var type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            // Generic types have their number of parameters behind a grave accent.
            var name = reader.GetString(type.Name).Split('`')[0];
            if (!_membersOfType.TryGetValue(name, out var members))
            {
                members = new HashSet<string>(StringComparer.Ordinal);
                _membersOfType.Add(name, members);
            }

            members.UnionWith(type.GetMethods().Select(method => reader.GetString(reader.GetMethodDefinition(method).Name)));
            members.UnionWith(type.GetProperties().Select(property => reader.GetString(reader.GetPropertyDefinition(property).Name)));
            members.UnionWith(type.GetFields().Select(field => reader.GetString(reader.GetFieldDefinition(field).Name)));
        }
    }
}
