namespace Byok.Core.Transfer;

/// <summary>The codes of the faults that a transfer blob may have. They are stable: scripts and test vectors name them.</summary>
public static class TransferBlobFault
{
    /// <summary>The file is larger than a transfer blob may be.</summary>
    public const string TooLarge = "too-large";

    /// <summary>The file starts with a byte order mark.</summary>
    public const string ByteOrderMark = "byte-order-mark";

    /// <summary>The file is not JSON in UTF-8.</summary>
    public const string NotJson = "not-json";

    /// <summary>The JSON is not an object.</summary>
    public const string NotAnObject = "not-an-object";

    /// <summary>A member is missing.</summary>
    public const string MissingMember = "missing-member";

    /// <summary>A member stands there twice.</summary>
    public const string DuplicateMember = "duplicate-member";

    /// <summary>A member that the specification does not know.</summary>
    public const string UnknownMember = "unknown-member";

    /// <summary>A member's value has the wrong JSON type.</summary>
    public const string WrongType = "wrong-type";

    /// <summary><c>schema_version</c> is not 1.0.0.</summary>
    public const string SchemaVersion = "schema-version";

    /// <summary><c>alg</c> is not <c>dir</c>.</summary>
    public const string Algorithm = "alg";

    /// <summary><c>enc</c> is not <c>CKM_RSA_AES_KEY_WRAP</c>.</summary>
    public const string Encryption = "enc";

    /// <summary><c>kid</c> is not a versioned key identifier.</summary>
    public const string KidNotVersioned = "kid-not-versioned";

    /// <summary><c>kid</c> names a key of another vault.</summary>
    public const string KidOtherVault = "kid-other-vault";

    /// <summary>The ciphertext holds white space.</summary>
    public const string Base64WhiteSpace = "base64-white-space";

    /// <summary>The ciphertext ends in padding.</summary>
    public const string Base64Padding = "base64-padding";

    /// <summary>The ciphertext is in the standard base64 alphabet, not the URL-safe one.</summary>
    public const string Base64Alphabet = "base64-alphabet";

    /// <summary>The ciphertext is not base64url at all.</summary>
    public const string NotBase64Url = "not-base64url";

    /// <summary>The ciphertext is shorter than the OAEP half.</summary>
    public const string OaepTooShort = "oaep-too-short";

    /// <summary>The KWP half is not a multiple of 8 bytes.</summary>
    public const string KwpNotMultipleOf8 = "kwp-not-multiple-of-8";

    /// <summary>The KWP half is too short to hold a key.</summary>
    public const string KwpTooShort = "kwp-too-short";

    /// <summary>The KWP half has not the length of an RSA key in PKCS#8.</summary>
    public const string KwpImplausible = "kwp-implausible";

    /// <summary>The KWP half is longer than the target key needs.</summary>
    public const string TrailingBytes = "trailing-bytes";

    /// <summary>The blob does not say what made it.</summary>
    public const string GeneratorMissing = "generator-missing";
}
