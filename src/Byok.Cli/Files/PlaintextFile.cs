using Byok.Core.Errors;
using Byok.Local.Stack;

namespace Byok.Cli.Files;

/// <summary>
/// A file of plaintext that gets its name only at the end. Until then it is a draft beside it, readable by its owner only, and deleted on any failure.
/// A draft that a killed command left behind is deleted by the next command that writes the same file.
/// </summary>
internal sealed class PlaintextFile : IAsyncDisposable
{
    private const string DraftSuffix = ".byok-partial";

    private readonly string _path;
    private readonly string _draft;
    private readonly FileStream _file;
    private bool _isPublished;

    private PlaintextFile(string path, string draft, FileStream file)
    {
        _path = path;
        _draft = draft;
        _file = file;
    }

    /// <summary>Creates the draft and reserves its space, so that a full disk is known at once.</summary>
    /// <exception cref="ArgumentException">There is something of that name which is not a file: a device, a pipe.</exception>
    /// <exception cref="ConfigurationException">The folder is missing or not writable, or the disk is full.</exception>
    public static PlaintextFile Create(string path, long length)
    {
        try
        {
            var full = Path.GetFullPath(path);
            if (new FileInfo(full).LinkTarget is not null)
            {
                full = File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
            }

            if (FileKind.IsSpecial(full))
            {
                throw new ArgumentException($"'{path}' is a device or a pipe; name a file.");
            }

            DeleteLeftovers(full);
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                Share = FileShare.None,
                Options = FileOptions.Asynchronous,
                BufferSize = 0,
                PreallocationSize = length,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var (draft, file) = CreateDraft(full, options);
            return new PlaintextFile(full, draft, file);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new ConfigurationException($"'{path}' cannot be written: its folder does not exist.", exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException || IsRefusedWrite(exception))
        {
            throw new ConfigurationException($"'{path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Writes authenticated bytes at their place. Safe to call from several threads.</summary>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(_file.SafeFileHandle, plaintext, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsRefusedWrite(exception))
        {
            throw new ConfigurationException($"'{_path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Gives the file its name, replacing what was there.</summary>
    public void Publish()
    {
        if (OperatingSystem.IsWindows())
        {
            _file.Dispose();
        }

        // Elsewhere the draft stays open, and so locked, until it has its name: nobody takes it for a leftover.
        File.Move(_draft, _path, overwrite: true);
        _isPublished = true;
    }

    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync().ConfigureAwait(false);
        if (!_isPublished)
        {
            File.Delete(_draft);
        }
    }

    /// <summary>The class library says "argument out of range" when a file would outgrow what its file system or the process's limit allows.</summary>
    private static bool IsRefusedWrite(Exception exception) => exception is IOException or ArgumentOutOfRangeException;

    /// <summary>A file is locked a moment after it is made, and another command may take it for a leftover in between: then the next one is made.</summary>
    private static (string Draft, FileStream File) CreateDraft(string full, FileStreamOptions options)
    {
        while (true)
        {
            var draft = $"{full}.{Guid.NewGuid():N}{DraftSuffix}";
            try
            {
                var file = new FileStream(draft, options);
                if (File.Exists(draft))
                {
                    return (draft, file);
                }

                file.Dispose();
            }
            catch (IOException exception) when (FileLock.IsTaken(exception))
            {
                // The other command has it open, and deletes it.
            }
        }
    }

    private static void DeleteLeftovers(string full)
    {
        var length = full.Length + 1 + Guid.Empty.ToString("N").Length + DraftSuffix.Length;
        var drafts = Directory.EnumerateFiles(Path.GetDirectoryName(full)!, "*" + DraftSuffix);
        foreach (var leftover in drafts.Where(draft => draft.Length == length && draft.StartsWith(full + ".", StringComparison.Ordinal)).ToList())
        {
            try
            {
                // Deleted while it is locked, so that nobody begins to write it in between.
                using var unused = File.OpenHandle(leftover, FileMode.Open, FileAccess.ReadWrite, FileShare.Delete);
                File.Delete(leftover);
            }
            catch (IOException)
            {
                // Another command is writing it.
            }
        }
    }
}
