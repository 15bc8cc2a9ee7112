using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Storage;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>Which blobs of a key move to its current branch.</summary>
public sealed record MoveScope
{
    /// <summary>The key's name.</summary>
    public required string KeyName { get; init; }

    /// <summary>Only those of this branch; null for any.</summary>
    public BranchName? From { get; init; }

    /// <summary>Only those that were written before this key version; null for any.</summary>
    public KeyIdentifier? Before { get; init; }

    /// <summary>True to encrypt the data anew; false to only seal the DEKs anew.</summary>
    public bool Deep { get; init; }

    /// <summary>Whether a blob is one of them, by a key version and a branch that its metadata names.</summary>
    public bool Holds(KeyIdentifier? keyId, BranchName? branch) =>
        keyId is not null && branch is not null && keyId.Name == KeyName && keyId != Before && (From is null || From == branch);

    /// <summary>The same by a blob's metadata. Whether that is true, its header's MAC decides later.</summary>
    internal bool Holds(ProtectedBlob blob) => Holds(KeyIdOf(blob), BranchOf(blob));

    /// <summary>The version that a blob's metadata names, unverified; null when it names none. Longer texts are none: what is returned is kept in histories.</summary>
    public static KeyIdentifier? KeyIdOf(ProtectedBlob blob) =>
        FieldOf(blob, EnvelopeFields.KeyId) is { Length: <= EnvelopeFormat.MaxKeyIdLength } text && KeyIdentifier.TryParse(text, out var id) ? id : null;

    /// <summary>The branch that a blob's metadata names, unverified; null when it names none.</summary>
    public static BranchName? BranchOf(ProtectedBlob blob) => BranchName.TryParse(FieldOf(blob, EnvelopeFields.Branch), out var branch) ? branch : null;

    internal static string? FieldOf(ProtectedBlob blob, string field) =>
        blob.Metadata.FirstOrDefault(pair => pair.Key.Equals(field, StringComparison.OrdinalIgnoreCase)).Value;
}
