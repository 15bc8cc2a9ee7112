using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;
using Net.Pkcs11Interop.LowLevelAPI80;

namespace Byok.Pkcs11.Library;

/// <summary>
/// A session whose <c>C_WrapKey</c> gives the module more room than it asks for: NSS softokn answers the length query with the length before
/// padding, and then refuses that very length. For the ABI of 64-bit Unix (8-byte CK_ULONG, natural alignment), where NSS is.
/// </summary>
internal sealed class SlackSession(Pkcs11InteropFactories factories, Net.Pkcs11Interop.LowLevelAPI80.Pkcs11Library library, ulong sessionId)
    : Net.Pkcs11Interop.HighLevelAPI80.Session(factories, library, sessionId), ISession
{
    /// <summary>One block of padding and the integrity value of RFC 5649, rounded up.</summary>
    private const int SlackInBytes = 32;

    byte[] ISession.WrapKey(IMechanism mechanism, IObjectHandle wrappingKeyHandle, IObjectHandle keyHandle)
    {
        var native = (CK_MECHANISM)mechanism.ToMarshalableStructure();
        ulong length = 0;
        Check(_pkcs11Library.C_WrapKey(_sessionId, ref native, wrappingKeyHandle.ObjectId, keyHandle.ObjectId, null, ref length));
        var wrapped = new byte[checked((int)length + SlackInBytes)];
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
