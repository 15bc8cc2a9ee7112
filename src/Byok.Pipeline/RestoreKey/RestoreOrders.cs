using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Pipeline.RestoreKey;

/// <summary>What a revocation does to a restore that was asked for before it.</summary>
internal static class RestoreOrders
{
    /// <summary>Ends a restore that a newer revocation overrules.</summary>
    /// <exception cref="OverruledException">The key was revoked since the restore was asked for.</exception>
    public static void RequireNewest(KeyLife life, KeyOrder order)
    {
        if (life.NewestOrder is { GivesBack: false } newest && newest.On > order.On)
        {
            throw new OverruledException(
                $"The key '{life.Name}' was revoked meanwhile, by '{newest.OperationId}': this restore ends. Restore it again to give it back.");
        }
    }

    /// <summary>Whether the vault tells which branches of a key are pinned.</summary>
    public static bool HasPins(KeyLife life)
    {
        try
        {
            return BranchPins.Find(life) is not null;
        }
        catch (KeyUnavailableException)
        {
            return false;
        }
    }

    public static bool HasReadableActivation(VaultKey version)
    {
        try
        {
            _ = KeyActivation.Of(version);
            return true;
        }
        catch (KeyUnavailableException)
        {
            return false;
        }
    }
}
