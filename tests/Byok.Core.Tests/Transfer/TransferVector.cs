using System.Globalization;
using System.Text;

namespace Byok.Core.Tests.Transfer;

/// <summary>
/// One scenario: header lines (what is known of vault, KEK and target, and the codes that the linter must find, in order; good: none),
/// an empty line, then the file's bytes to the end.
/// </summary>
public sealed record TransferVector(string Name, string Comment, string[] Findings, Uri? Vault, int? KekSizeInBits, int? TargetSizeInBits, byte[] File)
{
    public static string Folder { get; } = FindFolder();

    public static TransferVector Load(string name)
    {
        var bytes = System.IO.File.ReadAllBytes(Path.Combine(Folder, name));
        var end = bytes.AsSpan().IndexOf("\n\n"u8);
        var fields = Encoding.UTF8.GetString(bytes.AsSpan(0, end)).Split('\n').Select(line => line.Split(": ", 2)).ToDictionary(p => p[0], p => p[1]);
        return new TransferVector(
            name,
            fields["comment"],
            fields["expect"] == "good" ? [] : fields["expect"].Split(' '),
            fields.TryGetValue("vault", out var vault) ? new Uri(vault) : null,
            Number(fields, "kek-size"),
            Number(fields, "target-size"),
            bytes[(end + 2)..]);
    }

    public byte[] ToBytes()
    {
        var text = new StringBuilder($"expect: {(Findings.Length == 0 ? "good" : string.Join(' ', Findings))}\ncomment: {Comment}\n");
        if (Vault is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"vault: {Vault.GetLeftPart(UriPartial.Authority)}\n");
        }

        if (KekSizeInBits is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"kek-size: {KekSizeInBits}\n");
        }

        if (TargetSizeInBits is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"target-size: {TargetSizeInBits}\n");
        }

        return [.. Encoding.UTF8.GetBytes(text.Append('\n').ToString()), .. File];
    }

    private static int? Number(Dictionary<string, string> fields, string name) =>
        fields.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "ByokFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "vectors", "transfer");
    }
}
