using System.Reflection;

namespace Byok.Pkcs11;

/// <summary>This product as it names itself in what it makes.</summary>
internal static class Product
{
    /// <summary>Name and version, for example <c>ByokFunctions 0.1.0</c>.</summary>
    internal static string NameAndVersion { get; } =
        $"{typeof(Product).Assembly.GetCustomAttribute<AssemblyProductAttribute>()!.Product} {typeof(Product).Assembly.GetName().Version!.ToString(3)}";
}
