namespace Byok.Core.Keys.Attestation;

/// <summary>The attributes that are looked at, by their numbers in the statement (Microsoft's azure-managed-hsm-key-attestation, Marvell "Software Key Attestation").</summary>
internal enum AttestedAttribute : uint
{
    /// <summary>PKCS#11 object class: 2 public key, 3 private key.</summary>
    Class = 0x0000,

    /// <summary>PKCS#11 key type: 0 RSA.</summary>
    KeyType = 0x0100,

    /// <summary>The key's name, ending in <c>/name/version</c>.</summary>
    Id = 0x0102,

    /// <summary>Whether the private part is never shown in the clear.</summary>
    Sensitive = 0x0103,

    /// <summary>RSA modulus, big-endian.</summary>
    Modulus = 0x0120,

    /// <summary>RSA public exponent, big-endian.</summary>
    PublicExponent = 0x0122,

    /// <summary>Whether the private part may leave the HSM, wrapped.</summary>
    Extractable = 0x0162,

    /// <summary>Whether the HSM made the key.</summary>
    Local = 0x0163,

    /// <summary>Whether the key never was extractable.</summary>
    NeverExtractable = 0x0164,
}
