using System.Buffers.Text;
using System.Text;

namespace Byok.Testing;

/// <summary>Looks for a secret in bytes: as it is, and as it would stand in text.</summary>
public static class SecretSearch
{
    /// <summary>The forms in which a secret is found in <paramref name="content"/>.</summary>
    public static IEnumerable<string> Find(byte[] secret, byte[] content)
    {
        // Inside base64 of something longer the secret's own digits depend on where it begins: without the first and last it is found at one of three places.
        var padded = new[] { 0, 1, 2 }.Select(shift => Convert.ToBase64String([.. new byte[shift], .. secret])[(shift == 0 ? 0 : 4)..^4]).ToArray();
        var forms = new Dictionary<string, byte[]>
        {
            ["bytes"] = secret,
            ["hex"] = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret)),
            ["upper-case hex"] = Encoding.ASCII.GetBytes(Convert.ToHexString(secret)),
            ["base64url"] = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(secret)),
            ["base64"] = Encoding.ASCII.GetBytes(padded[0]),
            ["base64, shifted by one"] = Encoding.ASCII.GetBytes(padded[1]),
            ["base64, shifted by two"] = Encoding.ASCII.GetBytes(padded[2]),
        };
        return forms.Where(form => content.AsSpan().IndexOf(form.Value) >= 0).Select(form => form.Key);
    }

    /// <summary>All files of a folder that hold one of the secrets, with the secret's name and the form. Empty ones, which are locks, are not opened.</summary>
    public static IEnumerable<string> FindInFolder(IReadOnlyDictionary<string, byte[]> secrets, string folder, Func<string, bool> isSearched)
    {
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => isSearched(file) && new FileInfo(file).Length > 0))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            foreach (var (name, secret) in secrets)
            {
                foreach (var form in Find(secret, memory.ToArray()))
                {
                    yield return $"{Path.GetRelativePath(folder, file)}: {name} as {form}";
                }
            }
        }
    }
}
