namespace Byok.Pkcs11;

/// <summary>How the on-prem HSM is used.</summary>
public sealed record Pkcs11HsmOptions
{
    /// <summary>
    /// The vendor's own mechanism number for AES-KWP (RFC 5649), for tokens that have neither 0x210A nor 0x210B in that meaning
    /// (for example Luna, CloudHSM). Default: none. It is tried first, and must pass the self-test like any other.
    /// </summary>
    public ulong? VendorKeyWrapMechanism { get; init; }
}
