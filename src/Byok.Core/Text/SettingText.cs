using System.Text.RegularExpressions;

namespace Byok.Core.Text;

/// <summary>
/// What a wrong setting looks like, in place of its value. Whoever fills in settings puts a key, a PIN or a connection string where an address or a path belongs,
/// and messages end in logs: so no message shows the value of a setting that it calls wrong.
/// </summary>
public static partial class SettingText
{
    /// <summary>For the end of a sentence: <c>it looks like a connection string, 120 characters</c>.</summary>
    public static string Describe(string? value) => value switch
    {
        null or "" => "it is empty",
        _ when string.IsNullOrWhiteSpace(value) => "it is blank",
        _ => $"it looks like {KindOf(value.Trim())}, {value.Length} {(value.Length == 1 ? "character" : "characters")}",
    };

    private static string KindOf(string value) =>
        value.StartsWith("-----BEGIN", StringComparison.Ordinal) ? "a PEM file's content"
        : value[0] is '{' or '[' ? "JSON"
        : ConnectionString().IsMatch(value) ? "a connection string"
        : SasQuery().IsMatch(value) ? "an address or query with a shared access signature"
        : Address().IsMatch(value) ? "an address"
        : value.All(char.IsAsciiDigit) ? "a number"
        : PaddedBase64().IsMatch(value) ? "a key in base64"
        : value[0] == '/' ? "a path"
        : Base64().IsMatch(value) ? "a key in base64"
        : Token().IsMatch(value) ? "a token"
        : value.Contains('/', StringComparison.Ordinal) || value.Contains('\\', StringComparison.Ordinal) ? "a path"
        : "plain text";

    [GeneratedRegex("(^|;)\\s*(AccountKey|SharedAccessKey|SharedAccessKeyName|AccountName|Endpoint|DefaultEndpointsProtocol|UseDevelopmentStorage|SharedAccessSignature)\\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex ConnectionString();

    [GeneratedRegex("(^|[?&])sig=", RegexOptions.IgnoreCase)]
    private static partial Regex SasQuery();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*://", RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    [GeneratedRegex("^[A-Za-z0-9+/_-]{20,}={1,2}$")]
    private static partial Regex PaddedBase64();

    [GeneratedRegex("^[A-Za-z0-9+/_-]{20,}$")]
    private static partial Regex Base64();

    [GeneratedRegex("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*$")]
    private static partial Regex Token();
}
