namespace Byok.Api;

/// <summary>Who calls, and in which roles, as the host found out.</summary>
/// <param name="Roles">The roles granted.</param>
public sealed record ApiCaller(IReadOnlySet<ApiRole> Roles)
{
    /// <summary>The prefix of app role names.</summary>
    private const string Prefix = "Byok.";

    /// <summary>A caller whom the host let in by a key, or the user of this machine: every role, no name.</summary>
    public static ApiCaller Trusted { get; } = new(Enum.GetValues<ApiRole>().ToHashSet());

    /// <summary>A caller with the app roles of a token; names that are none of ours grant nothing.</summary>
    public static ApiCaller FromAppRoles(IEnumerable<string> names) => new(
        Enum.GetValues<ApiRole>().Where(role => names.Contains(Prefix + role, StringComparer.Ordinal)).ToHashSet());
}
