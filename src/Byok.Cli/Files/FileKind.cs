using System.Runtime.InteropServices;

namespace Byok.Cli.Files;

/// <summary>Tells files from devices, pipes and sockets, which the class library does not.</summary>
internal static class FileKind
{
    // "statx(2)": the current folder, the type only, and where in the answer the mode stands.
    private const int CurrentFolder = -100;
    private const uint TypeOnly = 1;
    private const int ModeOffset = 28;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    /// <summary>Whether there is something of that name, links followed, which is neither a file nor a folder. Does not open it. Always false where there is no Linux.</summary>
    public static bool IsSpecial(string path)
    {
        var answer = new byte[256];
        if (!OperatingSystem.IsLinux() || Directory.Exists(path) || Statx(CurrentFolder, path, 0, TypeOnly, answer) != 0)
        {
            return false;
        }

        return (MemoryMarshal.Read<ushort>(answer.AsSpan(ModeOffset)) & TypeMask) != RegularFile;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] answer);
}
