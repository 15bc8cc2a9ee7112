namespace Byok.Core.Keys;

/// <summary>What the vault has under one key name, and the state that follows from it alone: neither from a process's memory nor from a journal.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="Versions">Its versions, oldest first; none when it is deleted or not there.</param>
/// <param name="Deleted">The deleted key of that name; null when there is none.</param>
public sealed record KeyLife(string Name, IReadOnlyList<VaultKey> Versions, DeletedVaultKey? Deleted)
{
    /// <summary>The state.</summary>
    public KeyState State
    {
        get
        {
            if (Deleted is not null)
            {
                return KeyState.Deleted;
            }

            var enabled = Versions.Count(version => version.Enabled);
            if (!Versions.Any(WrappingKeyPolicy.IsProved))
            {
                return enabled > 0 ? KeyState.Bringing : KeyState.Purged;
            }

            return NewestOrder?.Kind switch
            {
                KeyOrderKind.Restoring => KeyState.Restoring,
                KeyOrderKind.Revoked => enabled > 0 ? KeyState.Revoking : KeyState.Revoked,

                // By hand, or by a vault that took no tag: the versions in use are disabled all the same.
                _ when enabled == 0 => KeyState.Revoked,
                _ when Current is null => KeyState.Revoking,
                _ => enabled == 1 ? KeyState.Brought : KeyState.Rotating,
            };
        }
    }

    /// <summary>The newest order on any version; null when there was none.</summary>
    public KeyOrder? NewestOrder => Versions.Concat(Deleted is null ? [] : [Deleted.Key]).Select(KeyOrder.Of).OfType<KeyOrder>().MaxBy(order => order.On);

    /// <summary>The version that protects new blobs; null when there is none.</summary>
    public VaultKey? Current => WrappingKeyPolicy.CurrentOf(Versions);

    /// <summary>The time of an order that is given now: later than all that the vault knows of, whatever the clocks say that those were given by.</summary>
    public DateTimeOffset NextOrderOn(DateTimeOffset now) => NewestOrder is { } newest && newest.On >= now ? newest.On.AddTicks(1) : now;

    /// <summary>The same without one version: what a version that is under way comes into.</summary>
    public KeyLife Beside(KeyIdentifier id) => this with { Versions = [.. Versions.Where(version => version.Id != id)] };

    /// <summary>Lets an operation pass, or refuses it.</summary>
    /// <exception cref="Errors.KeyUnavailableException">The key cannot be used in this state.</exception>
    /// <exception cref="Errors.KeyStateException">The operation does not fit the state.</exception>
    public void Require(KeyOperation operation) => KeyLifecycle.Require(Name, State, operation);
}
