using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>A DEK of no blob, wrapped under a version that is to refuse it.</summary>
/// <param name="WrappedDek">The wrapped DEK; null for a version that wraps none, because it is no RSA key.</param>
public sealed record RevocationProbe(KeyIdentifier KeyId, byte[]? WrappedDek);
