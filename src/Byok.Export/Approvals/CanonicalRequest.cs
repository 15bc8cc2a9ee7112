using System.Globalization;
using System.Text;
using Byok.Core.Ports;

namespace Byok.Export.Approvals;

/// <summary>
/// What approvers sign: one JSON object in UTF-8, these members in this order, without white space, every value a string:
/// <code>{"version":"1","requestId":"…","keyLabel":"…","kekId":"…","kekThumbprint":"…","vault":"…","expiresOn":"…"}</code>
/// <c>kekId</c> as Key Vault writes it, <c>kekThumbprint</c> RFC 7638, <c>vault</c> scheme, host and port, <c>expiresOn</c> UTC with seven
/// fractional digits and <c>Z</c>. Values are printable ASCII without quotation mark and backslash, so nothing is ever escaped and no
/// letter can pass for another.
/// </summary>
public static class CanonicalRequest
{
    /// <summary>Longest request id and key label, in characters.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Whether every value may stand in the canonical form.</summary>
    /// <param name="fault">What is wrong, as a sentence; empty when nothing is.</param>
    public static bool IsWellFormed(ExportRequest request, out string fault)
    {
        ArgumentNullException.ThrowIfNull(request);
        fault = true switch
        {
            _ when !IsName(request.RequestId) || request.RequestId.Contains(' ', StringComparison.Ordinal) =>
                $"The request id is not 1 to {MaxNameLength} printable ASCII characters without space, quotation mark and backslash.",
            _ when !IsName(request.KeyLabel) =>
                $"The key label is not 1 to {MaxNameLength} printable ASCII characters without quotation mark and backslash.",
            _ when !IsPrintable(request.KekId.ToString()) => "The KEK's identifier holds characters beyond printable ASCII.",
            _ => string.Empty,
        };
        return fault.Length == 0;
    }

    /// <exception cref="ArgumentException">A value may not stand in it.</exception>
    public static byte[] ToUtf8(ExportRequest request) =>
        IsWellFormed(request, out var fault)
            ? Encoding.UTF8.GetBytes($"{{{string.Join(',', Members(request).Select(member => $"\"{member.Name}\":\"{member.Value}\""))}}}")
            : throw new ArgumentException(fault, nameof(request));

    /// <summary>The members and their values, in order.</summary>
    internal static IReadOnlyList<(string Name, string Value)> Members(ExportRequest request) =>
    [
        ("version", "1"),
        ("requestId", request.RequestId),
        ("keyLabel", request.KeyLabel),
        ("kekId", request.KekId.ToString()),
        ("kekThumbprint", request.Kek.Thumbprint),
        ("vault", request.KekId.Vault.GetLeftPart(UriPartial.Authority)),
        ("expiresOn", request.ExpiresOn.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture)),
    ];

    private static bool IsName(string? text) => text is { Length: > 0 and <= MaxNameLength } && IsPrintable(text);

    private static bool IsPrintable(string text) => text.All(c => c is >= ' ' and <= '~' and not '"' and not '\\');
}
