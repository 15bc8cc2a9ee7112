using Byok.Core.Errors;

namespace Byok.Durable;

/// <summary>
/// A living engine holds a lock on a file of its own beside the journal. The system drops the lock at the moment the process dies,
/// however it dies, so that its instances are orphans at once.
/// </summary>
internal sealed class EngineLock : IDisposable
{
    private const string Infix = "-engine-";
    private const string Suffix = ".lock";
    private const int MaxAttempts = 5;

    private readonly FileStream _file;

    private EngineLock(string engineId, FileStream file)
    {
        EngineId = engineId;
        _file = file;
    }

    public string EngineId { get; }

    /// <exception cref="ConfigurationException">The lock file cannot be made.</exception>
    public static EngineLock Acquire(string journal)
    {
        Sweep(journal);
        for (var attempt = 1; ; attempt++)
        {
            var engineId = Guid.NewGuid().ToString("N");
            var path = PathOf(journal, engineId);
            try
            {
                var file = Open(path, FileMode.CreateNew);
                if (File.Exists(path))
                {
                    return new EngineLock(engineId, file);
                }

                file.Dispose();
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                // Another engine swept the file up between its creation and its lock.
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new ConfigurationException($"The lock file '{path}' cannot be made: {exception.Message}", exception);
            }
        }
    }

    /// <summary>Whether the engine lives. The file of a dead one is removed. What is no engine's id, in a journal that somebody altered, names no file either.</summary>
    public static bool IsHeld(string journal, string engineId)
    {
        if (!Guid.TryParseExact(engineId, "N", out _))
        {
            return false;
        }

        var path = PathOf(journal, engineId);
        try
        {
            using var file = Open(path, FileMode.Open);
            File.Delete(path);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        if (_file.CanRead)
        {
            File.Delete(_file.Name);
            _file.Dispose();
        }
    }

    private static void Sweep(string journal)
    {
        foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(journal)!, $"{Path.GetFileName(journal)}{Infix}*{Suffix}"))
        {
            _ = IsHeld(journal, Path.GetFileName(path)[(Path.GetFileName(journal).Length + Infix.Length)..^Suffix.Length]);
        }
    }

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);

    private static string PathOf(string journal, string engineId) => $"{journal}{Infix}{engineId}{Suffix}";
}
