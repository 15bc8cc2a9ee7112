namespace Byok.Core.Errors;

/// <summary>An HSM (PKCS#11 token) refused or failed an operation.</summary>
public class HsmException(string message, Exception? innerException = null) : PermanentByokException(message, innerException)
{
    /// <summary>The PKCS#11 function that failed, for example <c>C_WrapKey</c>; null when no function was called.</summary>
    public string? Method { get; init; }

    /// <summary>The <c>CKR_*</c> return value's name, for example <c>CKR_PIN_INCORRECT</c>; null when no function was called.</summary>
    public string? ReturnValue { get; init; }
}
