namespace Byok.Local.Stack;

/// <summary>Files that one process at a time has open, which is how commands keep out of each other's way.</summary>
public static class FileLock
{
    // EWOULDBLOCK of Linux and macOS, and ERROR_SHARING_VIOLATION: that somebody has it, and no other reason.
    private static readonly int[] Taken = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Whether a file could not be opened because another process has it, and for no other reason.</summary>
    public static bool IsTaken(IOException exception) => Taken.Contains(exception.HResult);

    /// <summary>Opens or creates the file for this process alone.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How.</param>
    /// <param name="refusal">Why it is not given, when another process has it.</param>
    /// <returns>Null when another process has it.</returns>
    /// <exception cref="IOException">The file can be opened by nobody: a full or read-only disk, a folder that is missing.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be opened.</exception>
    public static FileStream? TryTake(string path, FileOptions options, out IOException? refusal)
    {
        try
        {
            refusal = null;
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, options);
        }
        catch (IOException exception) when (IsTaken(exception))
        {
            refusal = exception;
            return null;
        }
    }
}
