using System.Globalization;

namespace Byok.Core.Keys;

/// <summary>
/// An order to revoke or to restore a key, as it stands in the tag <see cref="KeyTags.Order"/> of each version that it touched. Of two orders the newer
/// holds, whichever process gave it and whichever is still alive; so a revocation and a restore that meet do not fight.
/// </summary>
/// <param name="Kind">What was ordered.</param>
/// <param name="On">When it was asked for, UTC; after every order that the vault knew then.</param>
public sealed record KeyOrder(KeyOrderKind Kind, DateTimeOffset On, string OperationId)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <summary>Whether it gives the key back.</summary>
    public bool GivesBack => Kind != KeyOrderKind.Revoked;

    /// <summary>The tag's value: kind, time and operation, apart by spaces; at most 240 characters of the vault's 256.</summary>
    public override string ToString() => $"{NameOf(Kind)} {On.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} {OperationId}";

    /// <summary>The order that a version carries; null when it carries none, or a text that is none.</summary>
    public static KeyOrder? Of(VaultKey version)
    {
        ArgumentNullException.ThrowIfNull(version);
        return version.Tags.GetValueOrDefault(KeyTags.Order)?.Split(' ') is [var name, var on, { Length: > 0 } operationId]
            && Enum.GetValues<KeyOrderKind>().Where(kind => NameOf(kind) == name).Cast<KeyOrderKind?>().SingleOrDefault() is { } kind
            && DateTimeOffset.TryParseExact(on, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time.Year < DateTimeOffset.MaxValue.Year // a later one could still be given
            ? new KeyOrder(kind, time, operationId)
            : null;
    }

    private static string NameOf(KeyOrderKind kind) => kind switch
    {
        KeyOrderKind.Revoked => "revoked",
        KeyOrderKind.Restoring => "restoring",
        _ => "restored",
    };
}
