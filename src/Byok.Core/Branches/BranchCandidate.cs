using Byok.Core.Keys;

namespace Byok.Core.Branches;

/// <summary>Something to unwrap, and the key version to do it with.</summary>
/// <param name="Version">The key version in the configured vault.</param>
/// <param name="WrappedKey">What may be the branch's key, wrapped.</param>
public sealed record BranchCandidate(KeyIdentifier Version, ReadOnlyMemory<byte> WrappedKey);
