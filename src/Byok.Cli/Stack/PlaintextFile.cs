using Byok.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Byok.Cli.Stack;

/// <summary>
/// A file of plaintext that gets its name only at the end. Until then it is a draft beside it, readable by its owner only, and deleted on any failure.
/// </summary>
internal sealed class PlaintextFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _draft;
    private readonly SafeFileHandle _handle;
    private bool _isPublished;

    private PlaintextFile(string path, string draft, SafeFileHandle handle)
    {
        _path = path;
        _draft = draft;
        _handle = handle;
    }

    /// <summary>Creates the draft and reserves its space, so that a full disk is known at once.</summary>
    /// <exception cref="ConfigurationException">The folder is missing or not writable, or the disk is full.</exception>
    public static PlaintextFile Create(string path, long length)
    {
        var full = Path.GetFullPath(path);
        var draft = $"{full}.byok-partial";
        try
        {
            // A draft of the same name is what a killed command left behind: it is begun anew.
            File.Delete(draft);
            var handle = File.OpenHandle(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous, length);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return new PlaintextFile(full, draft, handle);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"'{path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Writes authenticated bytes at their place. Safe to call from several threads.</summary>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(_handle, plaintext, offset, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new ConfigurationException($"'{_path}' cannot be written: {exception.Message}", exception);
        }
    }

    /// <summary>Gives the file its name, replacing what was there.</summary>
    public void Publish()
    {
        _handle.Dispose();
        File.Move(_draft, _path, overwrite: true);
        _isPublished = true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        if (!_isPublished)
        {
            File.Delete(_draft);
        }

        return ValueTask.CompletedTask;
    }
}
