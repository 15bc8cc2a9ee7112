using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Byok.Local.VaultEndpoint;

/// <summary>Which page of a list is asked for: <c>maxresults</c>, and the <c>$skiptoken</c> of a <c>nextLink</c>.</summary>
/// <param name="MaxResults">Most items of a page.</param>
/// <param name="After">The last item of the page before; null for the first page.</param>
internal sealed record ListPage(int MaxResults, string? After)
{
    /// <summary>The service's largest page, and its default.</summary>
    private const int Largest = 25;

    /// <exception cref="RequestRefusedException">A value is not in its form.</exception>
    internal static ListPage Read(IQueryCollection query)
    {
        var maxResults = Largest;
        if (query.TryGetValue("maxresults", out var asked)
            && !(int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out maxResults) && maxResults is >= 1 and <= Largest))
        {
            throw new RequestRefusedException(VaultError.BadParameter($"maxresults must be a number from 1 to {Largest}."));
        }

        if (!query.TryGetValue("$skiptoken", out var token))
        {
            return new ListPage(maxResults, null);
        }

        try
        {
            return new ListPage(maxResults, Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.ToString())));
        }
        catch (FormatException)
        {
            throw new RequestRefusedException(VaultError.BadParameter("$skiptoken is not one that this vault gave out."));
        }
    }

    /// <summary>The page of a list, in ascending order of the items' names: so what is added or removed meanwhile shifts nothing.</summary>
    /// <param name="items">The whole list.</param>
    /// <param name="nameOf">What names an item.</param>
    /// <param name="toJson">The item's JSON.</param>
    /// <param name="list">The list's address, with nothing behind the path.</param>
    /// <param name="apiVersion">The API version of the request.</param>
    internal JsonObject Take<T>(IEnumerable<T> items, Func<T, string> nameOf, Func<T, JsonObject> toJson, string list, string apiVersion)
    {
        var rest = items.Where(item => After is null || string.CompareOrdinal(nameOf(item), After) > 0).OrderBy(nameOf, StringComparer.Ordinal).ToList();
        var page = rest.Take(MaxResults).ToList();
        var next = rest.Count > page.Count
            ? $"{list}?api-version={apiVersion}&$skiptoken={Base64Url.EncodeToString(Encoding.UTF8.GetBytes(nameOf(page[^1])))}&maxresults={MaxResults}"
            : null;
        return new JsonObject { ["value"] = new JsonArray([.. page.Select(toJson)]), ["nextLink"] = next };
    }
}
