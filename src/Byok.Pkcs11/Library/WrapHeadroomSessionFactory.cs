using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.HighLevelAPI.Factories;

namespace Byok.Pkcs11.Library;

/// <summary>Makes a <see cref="WrapHeadroomSession"/> where its ABI is the platform's, else Pkcs11Interop's own session.</summary>
internal sealed class WrapHeadroomSessionFactory : ISessionFactory
{
    private readonly SessionFactory _default = new();

    public ISession Create(Pkcs11InteropFactories factories, LowLevelPkcs11Library pkcs11Library, ulong sessionId) =>
        pkcs11Library is Net.Pkcs11Interop.LowLevelAPI80.Pkcs11Library library ? new WrapHeadroomSession(factories, library, sessionId) : _default.Create(factories, pkcs11Library, sessionId);

    /// <summary>Factories that make these sessions.</summary>
    internal static Pkcs11InteropFactories Factories() => new(
        new Pkcs11LibraryFactory(), new SlotFactory(), new WrapHeadroomSessionFactory(), new ObjectAttributeFactory(), new ObjectHandleFactory(),
        new MechanismFactory(), new MechanismParamsFactory());
}
