namespace Byok.Pkcs11.Export;

/// <summary>
/// A way in which a token makes the transfer ciphertext: RSA-OAEP (SHA-1) of an ephemeral AES-256 key, followed by AES-KWP (RFC 5649) of
/// the target (Azure "Bring your own key specification").
/// </summary>
/// <param name="KeyWrapMechanism">The number under which the token does AES-KWP; null when it does both steps at once (<c>CKM_RSA_AES_KEY_WRAP</c>).</param>
internal sealed record ExportMechanism(ulong? KeyWrapMechanism)
{
    /// <summary><c>CKM_AES_KEY_WRAP_PAD</c>: RFC 5649 in some tokens, RFC 3394 over PKCS#7 padding in others.</summary>
    internal const ulong AesKeyWrapPad = 0x210A;

    /// <summary><c>CKM_AES_KEY_WRAP_KWP</c> of PKCS#11 3.0: RFC 5649 by definition.</summary>
    internal const ulong AesKeyWrapKwp = 0x210B;

    internal static ExportMechanism OneStep { get; } = new((ulong?)null);

    public override string ToString() => KeyWrapMechanism is { } number ? $"mechanism 0x{number:X4}" : "CKM_RSA_AES_KEY_WRAP";
}
