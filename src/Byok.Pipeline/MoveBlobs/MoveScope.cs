using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Pipeline.Keys;
using Byok.Storage;

namespace Byok.Pipeline.MoveBlobs;

/// <summary>Which blobs of a key move to its current branch.</summary>
public sealed record MoveScope
{
    /// <summary>The key's name.</summary>
    public required string KeyName { get; init; }

    /// <summary>Only those of this branch; null for any.</summary>
    public BranchName? From { get; init; }

    /// <summary>Only those whose copy names another version than this one; null for any.</summary>
    public KeyIdentifier? Before { get; init; }

    /// <summary>True to encrypt the data anew; false to only seal the DEKs anew.</summary>
    public bool Deep { get; init; }

    /// <summary>Whether a blob is one of them, by a key version and a branch that its metadata names.</summary>
    public bool Holds(KeyIdentifier? keyId, BranchName? branch) =>
        keyId is not null && branch is not null && keyId.Name == KeyName && keyId != Before && (From is null || From == branch);

    /// <summary>The same by a blob's metadata. Whether that is true, its header's MAC decides later.</summary>
    internal bool Holds(ProtectedBlob blob) => Holds(UnverifiedFields.KeyIdOf(blob), UnverifiedFields.BranchOf(blob));
}
