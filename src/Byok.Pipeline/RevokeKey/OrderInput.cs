using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What to tell the vault.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="KeyName">The key.</param>
/// <param name="Mode">How it is taken away.</param>
/// <param name="Versions">Its enabled versions.</param>
public sealed record OrderInput(string OperationId, string KeyName, RevocationMode Mode, IReadOnlyList<KeyIdentifier> Versions);
