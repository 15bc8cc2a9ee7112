namespace Byok.Core.Envelope;

/// <summary>The form of the vault's address in a header (docs/FORMAT.md, section 7): one that no two URL parsers read differently.</summary>
internal static class VaultHost
{
    private const int MaxLabelLength = 63;

    /// <summary>Whether host and port of an address, which is known to be written as <see cref="Uri"/> writes it, have the form.</summary>
    internal static bool HasForm(Uri vault) =>
        vault.Port > 0 && (vault.HostNameType == UriHostNameType.IPv4 || IsName(vault.Host.Split('.')));

    /// <summary>A last label that begins with a digit could be part of an IPv4 address in one of its older forms.</summary>
    private static bool IsName(string[] labels) =>
        char.IsAsciiLetterLower(labels[^1].FirstOrDefault())
        && labels.All(label => label.Length is > 0 and <= MaxLabelLength && label[0] != '-' && label[^1] != '-');
}
