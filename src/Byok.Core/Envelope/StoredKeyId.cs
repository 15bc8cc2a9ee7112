using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Byok.Core.Keys;

namespace Byok.Core.Envelope;

/// <summary>
/// The form of a key identifier in headers and branch records (docs/FORMAT.md, section 7): plain host names only, no user information, no IPv6
/// literal, nothing that two URL parsers may read differently.
/// </summary>
internal static class StoredKeyId
{
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:/");

    public static bool TryParse(string? text, [NotNullWhen(true)] out KeyIdentifier? id)
    {
        id = text?.Length <= EnvelopeFormat.MaxKeyIdLength && !text.AsSpan().ContainsAnyExcept(Characters)
            && KeyIdentifier.TryParse(text, out var parsed) && parsed.ToString() == text && HasForm(parsed.Vault) ? parsed : null;
        return id is not null;
    }

    private static bool HasForm(Uri vault) => vault.Port > 0 && (vault.HostNameType == UriHostNameType.IPv4 || IsName(vault.Host.Split('.')));

    /// <summary>A last label that begins with a digit could be part of an IPv4 address in one of its older forms.</summary>
    private static bool IsName(string[] labels) =>
        char.IsAsciiLetterLower(labels[^1].FirstOrDefault())
        && labels.All(label => label.Length is > 0 and <= MaxLabelLength && label[0] != '-' && label[^1] != '-');
}
