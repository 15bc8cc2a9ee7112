using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace Byok.Pkcs11.Library;

/// <summary>
/// A session whose <c>C_WrapKey</c> gives the module more room than it asks for. Modules disagree on what the length query answers: NSS softokn gives
/// the length before padding, and then refuses that very length. Which module a customer's agent loads is not ours to choose, and room costs nothing
/// where the length is right. For the ABI of 64-bit Unix (8-byte CK_ULONG, natural alignment), where such modules were found.
/// </summary>
internal sealed class WrapHeadroomSession(Pkcs11InteropFactories factories, Net.Pkcs11Interop.LowLevelAPI80.Pkcs11Library library, ulong sessionId)
    : Net.Pkcs11Interop.HighLevelAPI80.Session(factories, library, sessionId), ISession
{
    /// <summary>One block of padding and the integrity value of RFC 5649, rounded up.</summary>
    private const int HeadroomInBytes = 32;

    byte[] ISession.WrapKey(IMechanism mechanism, IObjectHandle wrappingKeyHandle, IObjectHandle keyHandle)
    {
        var native = (CK_MECHANISM)mechanism.ToMarshalableStructure();
        ulong length = 0;
        Check(_pkcs11Library.C_WrapKey(_sessionId, ref native, wrappingKeyHandle.ObjectId, keyHandle.ObjectId, null, ref length));
        var wrapped = new byte[checked((int)length + HeadroomInBytes)];
        length = (ulong)wrapped.Length;
        Check(_pkcs11Library.C_WrapKey(_sessionId, ref native, wrappingKeyHandle.ObjectId, keyHandle.ObjectId, wrapped, ref length));
        return wrapped[..(int)length];
    }

    private static void Check(CKR returnValue)
    {
        if (returnValue != CKR.CKR_OK)
        {
            throw new Pkcs11Exception("C_WrapKey", returnValue);
        }
    }
}
