using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>A pinned branch's key, wrapped under a version that is to refuse it; any other secret where no record has one.</summary>
/// <param name="WrappedKey">What is to be unwrapped; null for a version that wraps none, because it is no RSA key.</param>
public sealed record RevocationProbe(KeyIdentifier KeyId, byte[]? WrappedKey);
