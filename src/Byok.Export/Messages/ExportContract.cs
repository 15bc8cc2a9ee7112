namespace Byok.Export.Messages;

/// <summary>
/// The export contract: JSON over HTTP through the relay.
/// <list type="table">
/// <item><term><c>GET /describe</c></term><description>the HSM and its self-test</description></item>
/// <item><term><c>GET /keys</c></term><description>the master keys that policy allows, by label and public part</description></item>
/// <item><term><c>POST /keys</c></term><description>generates a master key, where policy allows</description></item>
/// <item><term><c>POST /exports</c></term><description>wraps a master key to a KEK, where policy allows</description></item>
/// </list>
/// Failures are problem details (RFC 9457) whose <c>type</c> names the failure's type.
/// </summary>
public static class ExportContract
{
    public const string DescribePath = "/describe";

    public const string KeysPath = "/keys";

    public const string ExportsPath = "/exports";

    /// <summary>Largest request that the agent reads: 64 KiB.</summary>
    public const int MaxRequestBodyInBytes = 64 * 1024;

    /// <summary>Largest answer that the sender reads: 1 MiB.</summary>
    public const int MaxResponseBodyInBytes = 1024 * 1024;

    /// <summary>Media type of answers.</summary>
    public const string JsonMediaType = "application/json";

    /// <summary>Media type of failures, RFC 9457.</summary>
    public const string ProblemMediaType = "application/problem+json";

    /// <summary>What a problem's <c>type</c> starts with; the full name of the exception's type follows.</summary>
    internal const string ProblemTypePrefix = "urn:byok:failure:";
}
