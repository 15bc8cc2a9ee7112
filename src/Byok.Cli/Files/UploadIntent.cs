using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Byok.Core.Orchestration;
using Byok.Local.Stack;

namespace Byok.Cli.Files;

/// <summary>
/// A note that a file is being protected under a name, kept from before the upload until the success has been told. Whoever gives the same
/// command again after a crash finds it, and goes on instead of being told that the blob is already there.
/// </summary>
internal sealed class UploadIntent : IDisposable
{
    private readonly string _noteFile;
    private readonly FileStream _lock;
    private Note _note;

    private UploadIntent(string noteFile, FileStream fileLock, Note note, bool isResumed)
    {
        _noteFile = noteFile;
        _lock = fileLock;
        _note = note;
        IsResumed = isResumed;
    }

    /// <summary>Whether an earlier command with the same file and name did not come to its end.</summary>
    public bool IsResumed { get; }

    /// <summary>Says which file this is: path, length and time of its last change. Marks the upload, so that it is found again.</summary>
    public string Fingerprint => _note.Fingerprint;

    /// <summary>The upload's ETag, once the upload is complete.</summary>
    public string? ETag
    {
        get => _note.ETag;
        set
        {
            _note = _note with { ETag = value };
            Write();
        }
    }

    /// <summary>Notes the intent, or finds the one of an earlier command.</summary>
    /// <exception cref="IOException">Another command is protecting a file under the same name right now.</exception>
    public static UploadIntent Begin(StackPaths paths, string name, string file, FileStream source)
    {
        Directory.CreateDirectory(paths.Pending);
        var noteFile = Path.Combine(paths.Pending, Hash(name)[..32] + ".json");
        var fileLock = FileLock.TryTake(noteFile + ".lock", FileOptions.DeleteOnClose, out var refusal)
            ?? throw new IOException($"Another command is protecting '{name}' right now; wait for it.", refusal);
        var fingerprint = Hash($"{Path.GetFullPath(file)}\n{source.Length}\n{File.GetLastWriteTimeUtc(source.SafeFileHandle):O}")[..32];
        var found = Read(noteFile);
        if (found?.Fingerprint == fingerprint)
        {
            return new UploadIntent(noteFile, fileLock, found, isResumed: true);
        }

        var intent = new UploadIntent(noteFile, fileLock, new Note(name, fingerprint, null), isResumed: false);
        intent.Write();
        return intent;
    }

    /// <summary>Forgets the intent: the success has been told.</summary>
    public void Complete() => File.Delete(_noteFile);

    public void Dispose() => _lock.Dispose();

    private static Note? Read(string noteFile)
    {
        try
        {
            return JsonSerializer.Deserialize<Note>(File.ReadAllBytes(noteFile), OrchestrationJson.Options);
        }
        catch (Exception exception) when (exception is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private void Write()
    {
        File.WriteAllBytes(_noteFile + ".draft", JsonSerializer.SerializeToUtf8Bytes(_note, OrchestrationJson.Options));
        File.Move(_noteFile + ".draft", _noteFile, overwrite: true);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Note(string Name, string Fingerprint, string? ETag);
}
