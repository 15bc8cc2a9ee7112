namespace Byok.Core.Keys;

/// <summary>A key that was deleted and can still be recovered, with its newest version.</summary>
/// <param name="Key">The newest version as it was.</param>
/// <param name="DeletedOn">When it was deleted.</param>
/// <param name="ScheduledPurgeOn">When the vault destroys it by itself.</param>
public sealed record DeletedVaultKey(VaultKey Key, DateTimeOffset DeletedOn, DateTimeOffset ScheduledPurgeOn);
