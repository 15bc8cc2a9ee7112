using System.Text.Json;
using Byok.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ByokFunctions.Http;

/// <summary>
/// Finds out who calls. With App Service authentication on (<c>WEBSITE_AUTH_ENABLED</c>), by the principal header that the platform sets
/// and strips from outside ("Work with user identities in Azure App Service authentication"); otherwise the function key, which the host
/// checked before, is all there is.
/// </summary>
public sealed class ApiCallers(IConfiguration configuration)
{
    private const string PrincipalHeader = "X-MS-CLIENT-PRINCIPAL";

    private readonly bool _authenticated = bool.TryParse(configuration["WEBSITE_AUTH_ENABLED"], out var enabled) && enabled;

    /// <summary>The caller of a request; one without a readable principal has no roles.</summary>
    public ApiCaller Identify(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return _authenticated ? ApiCaller.FromAppRoles(RolesOf(headers[PrincipalHeader])) : ApiCaller.Trusted;
    }

    private static IEnumerable<string> RolesOf(string? header)
    {
        try
        {
            var principal = JsonSerializer.Deserialize<Principal>(Convert.FromBase64String(header ?? string.Empty), JsonSerializerOptions.Web);
            return (principal?.Claims ?? [])
                .Where(claim => claim.Typ is "roles" or "http://schemas.microsoft.com/ws/2008/06/identity/claims/role" || (claim.Typ is not null && claim.Typ == principal!.RoleTyp))
                .Select(claim => claim.Val ?? string.Empty);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            return [];
        }
    }

    private sealed record Principal(
        IReadOnlyList<Claim>? Claims, [property: System.Text.Json.Serialization.JsonPropertyName("role_typ")] string? RoleTyp);

    private sealed record Claim(string? Typ, string? Val);
}
