using Byok.Core.Keys;

namespace Byok.Pipeline.RevokeKey;

/// <summary>What to tell the vault.</summary>
/// <param name="Mode">How it is taken away.</param>
/// <param name="OrderedOn">When it was asked for; null for now.</param>
/// <param name="Taken">The versions that earlier orders of this operation took; null when this is the first.</param>
public sealed record OrderRevocationInput(string OperationId, string KeyName, RevocationMode Mode, DateTimeOffset? OrderedOn, IReadOnlyList<KeyIdentifier>? Taken);
