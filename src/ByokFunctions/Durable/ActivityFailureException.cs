using Byok.Core.Errors;

namespace ByokFunctions.Durable;

/// <summary>
/// A failed activity on its way to the orchestrator. The host carries an exception's text only and takes its type from it, in the form
/// <c>type: sentence</c>; so the text says both.
/// </summary>
internal sealed class ActivityFailureException(Exception cause) : Exception(Describe(FailureDetails.From(cause)), cause)
{
    private const string Separator = ": ";

    private static readonly string OwnPrefix = typeof(ActivityFailureException).FullName + Separator;

    /// <summary>Reads a failure from a type, which may be empty, and a text that may hold this exception's form, once or twice wrapped.</summary>
    public static FailureDetails Parse(string errorType, string message)
    {
        var text = errorType.Length == 0 || errorType == typeof(ActivityFailureException).FullName ? message : errorType + Separator + message;
        while (text.StartsWith(OwnPrefix, StringComparison.Ordinal))
        {
            text = text[OwnPrefix.Length..];
        }

        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? new FailureDetails(errorType, message) : new FailureDetails(text[..end], text[(end + Separator.Length)..]);
    }

    // The host reads one line.
    private static string Describe(FailureDetails failure) => $"{failure.ErrorType}{Separator}{failure.Message.ReplaceLineEndings(" ")}";
}
