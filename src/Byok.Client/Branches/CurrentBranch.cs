using Byok.Core.Branches;

namespace Byok.Client.Branches;

/// <summary>The branch that new blobs are written under. Disposing of it zeroes this copy of its key.</summary>
/// <param name="Key">The branch's key.</param>
/// <param name="Wrapping">That key, wrapped by the version that is current: the copy that goes into each blob's metadata.</param>
public sealed record CurrentBranch(BranchKey Key, BranchWrapping Wrapping) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Key.Dispose();
}
