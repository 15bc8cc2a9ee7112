namespace Byok.Local.Stack;

/// <summary>Writes files that only their owner may read.</summary>
public static class SecretFile
{
    /// <summary>Writes a file of mode 0600, whole or not at all.</summary>
    public static void Write(string path, string content)
    {
        var draft = path + ".draft";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(draft, options))
        {
            writer.Write(content);
        }

        File.Move(draft, path, overwrite: true);
    }
}
