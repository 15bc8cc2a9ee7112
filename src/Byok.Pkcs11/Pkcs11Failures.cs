using Byok.Core.Errors;
using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11;

/// <summary>Turns PKCS#11 return values into failures of this product's own types (PKCS#11 2.40, 5.1: function return values).</summary>
internal static class Pkcs11Failures
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="exception">What Pkcs11Interop threw.</param>
    /// <param name="action">What was being done and on which object; the sentence begins with it.</param>
    internal static HsmException Translate(Pkcs11Exception exception, string action)
    {
        var (method, code) = (exception.Method, exception.RV.ToString());
        string Sentence(string cause) => $"{action} failed: {cause} ({method}: {code}).";
        return exception.RV switch
        {
            CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE =>
                new HsmPinException(Sentence("the token refused the PIN; correct the configured PIN, it is not tried again"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_PIN_LOCKED =>
                new HsmPinException(Sentence("the PIN is locked; have the security officer unlock it"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_PIN_EXPIRED or CKR.CKR_USER_PIN_NOT_INITIALIZED =>
                new HsmPinException(Sentence("the PIN is expired or was never set; have the security officer set it"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID =>
                new HsmMechanismMissingException(Sentence("the token does not offer the mechanism"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_KEY_UNEXTRACTABLE =>
                new HsmKeyNotExtractableException(Sentence("the key is not extractable; only a key generated with CKA_EXTRACTABLE can leave"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_KEY_NOT_WRAPPABLE =>
                new HsmKeyNotExtractableException(
                    Sentence("the key may not be wrapped by this KEK; with CKA_WRAP_WITH_TRUSTED the security officer must mark the KEK as trusted first"), exception)
                { Method = method, ReturnValue = code },
            CKR.CKR_WRAPPING_KEY_SIZE_RANGE or CKR.CKR_WRAPPING_KEY_TYPE_INCONSISTENT =>
                new HsmKekRejectedException(Sentence("the token refused the KEK's size or type"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_TOKEN_NOT_RECOGNIZED or CKR.CKR_SLOT_ID_INVALID or CKR.CKR_DEVICE_REMOVED =>
                new HsmTokenNotFoundException(Sentence("the token is gone; check that the HSM is connected"), exception) { Method = method, ReturnValue = code },
            CKR.CKR_CRYPTOKI_NOT_INITIALIZED =>
                new HsmLibraryException(Sentence("the PKCS#11 library was finalised"), exception) { Method = method, ReturnValue = code },
            _ => new HsmException(Sentence("the token refused"), exception) { Method = method, ReturnValue = code },
        };
    }
}
