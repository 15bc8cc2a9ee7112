using System.Collections;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Tokens;

/// <summary>A list of PKCS#11 attributes, written as a collection initialiser; frees their unmanaged memory.</summary>
internal sealed class ObjectTemplate : IEnumerable<IObjectAttribute>, IDisposable
{
    private static readonly Pkcs11InteropFactories Factories = new();

    internal List<IObjectAttribute> Attributes { get; } = [];

    public void Add(CKA type, bool value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public void Add(CKA type, ulong value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public void Add(CKA type, string value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public void Add(CKA type, byte[] value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public void Add(CKA type, CKO value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public void Add(CKA type, CKK value) => Attributes.Add(Factories.ObjectAttributeFactory.Create(type, value));

    public IEnumerator<IObjectAttribute> GetEnumerator() => Attributes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        foreach (var attribute in Attributes)
        {
            attribute.Dispose();
        }
    }
}
