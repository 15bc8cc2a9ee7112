using System.Text.Json.Serialization;
using Byok.Core.Envelope;
using Byok.Core.Keys;

namespace Byok.Core.Branches;

/// <summary>
/// A branch key wrapped by one version of a wrapping key: in the branch's record, and as a copy in the metadata of each blob (docs/FORMAT.md, section 9.2).
/// Nobody vouches for it; whether it is what it says, unwrapping shows.
/// </summary>
public sealed record BranchWrapping
{
    /// <summary>How it is wrapped, in the words of RFC 7518.</summary>
    public const string Algorithm = "RSA-OAEP-256";

    /// <summary>Takes a wrapping from its parts.</summary>
    /// <param name="keyId">The wrapping key version.</param>
    /// <param name="keyThumbprint">Its thumbprint (RFC 7638), 43 characters.</param>
    /// <param name="wrappedKey">The wrapped branch key: 256, 384 or 512 bytes.</param>
    /// <exception cref="ArgumentException">A part is not in the form that headers and records have for it.</exception>
    [JsonConstructor]
    public BranchWrapping(KeyIdentifier keyId, string keyThumbprint, ReadOnlyMemory<byte> wrappedKey)
    {
        ArgumentNullException.ThrowIfNull(keyId);
        if (!StoredKeyId.TryParse(keyId.ToString(), out _))
        {
            throw new ArgumentException($"'{keyId}' is not in the form of a stored key identifier.", nameof(keyId));
        }

        if (!StrictBase64Url.TryDecode(keyThumbprint, [32], out _))
        {
            throw new ArgumentException("A thumbprint is 32 bytes in base64url without padding.", nameof(keyThumbprint));
        }

        if (!WrappedKeyLengths.Contains(wrappedKey.Length))
        {
            throw new ArgumentException($"A wrapped branch key has 256, 384 or 512 bytes, not {wrappedKey.Length}.", nameof(wrappedKey));
        }

        KeyId = keyId;
        KeyThumbprint = keyThumbprint;
        WrappedKey = wrappedKey;
    }

    /// <summary>The wrapping key version.</summary>
    public KeyIdentifier KeyId { get; }

    /// <summary>Its thumbprint (RFC 7638).</summary>
    public string KeyThumbprint { get; }

    /// <summary>The wrapped branch key.</summary>
    public ReadOnlyMemory<byte> WrappedKey { get; }

    /// <summary>As long as the modulus of a wrapping key can be, in bytes.</summary>
    internal static ReadOnlySpan<int> WrappedKeyLengths => [256, 384, 512];

    /// <inheritdoc/>
    public bool Equals(BranchWrapping? other) =>
        other is not null && KeyId == other.KeyId && KeyThumbprint == other.KeyThumbprint && WrappedKey.Span.SequenceEqual(other.WrappedKey.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KeyId, KeyThumbprint, WrappedKey.Length);
}
