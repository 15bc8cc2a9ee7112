using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Pkcs11.Library;
using Byok.Pkcs11.Tokens;

namespace Byok.Local.Tokens;

/// <summary>
/// SoftHSM tokens in one folder: the module's configuration, the token objects, and a PIN file per token (mode 0600). Nothing secret is kept
/// outside the folder. The module reads its configuration once per process, so a process uses one folder at a time; several tokens may live in it.
/// </summary>
public sealed class SoftHsm : IDisposable
{
    private const string ConfigurationVariable = "SOFTHSM2_CONF";
    private static readonly Lock Gate = new();
    private static string? _folderInUse;
    private static int _users;
    private readonly Pkcs11Library _library;
    private bool _disposed;

    private SoftHsm(string folder, Pkcs11Library library)
    {
        Folder = folder;
        _library = library;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The module.</summary>
    public Pkcs11Library Library => _library;

    /// <summary>The module's path: <c>BYOK_SOFTHSM</c> if set, else where Debian, Ubuntu and others install it.</summary>
    /// <exception cref="HsmLibraryException">SoftHSM is not installed.</exception>
    public static string FindLibrary()
    {
        if (Environment.GetEnvironmentVariable("BYOK_SOFTHSM") is { Length: > 0 } configured)
        {
            return File.Exists(configured)
                ? configured
                : throw new HsmLibraryException($"BYOK_SOFTHSM names no file; it should be the path of libsofthsm2.so, and {SettingText.Describe(configured)}.");
        }

        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64";
        string[] candidates =
        [
            "/usr/lib/softhsm/libsofthsm2.so",
            $"/usr/lib/{architecture}-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
            "/usr/lib64/softhsm/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
            "/opt/homebrew/lib/softhsm/libsofthsm2.so",
        ];
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new HsmLibraryException("SoftHSM is not installed; install the package softhsm2, or set BYOK_SOFTHSM to the path of libsofthsm2.so.");
    }

    /// <summary>Prepares the folder, points the module at it and loads the module.</summary>
    /// <param name="folder">The folder; made (mode 0700) when missing.</param>
    /// <exception cref="HsmLibraryException">SoftHSM is not installed or does not load.</exception>
    /// <exception cref="AlreadyRunningException">This process uses SoftHSM with another folder now.</exception>
    public static SoftHsm Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        var path = FindLibrary();
        lock (Gate)
        {
            if (_users > 0 && _folderInUse != folder)
            {
                throw new AlreadyRunningException(
                    $"This process uses SoftHSM with the folder '{_folderInUse}'; it cannot use '{folder}' too. Put both tokens in one folder, or use two processes.");
            }

            Prepare(folder);
            // The native module reads its own environment, which .NET's Environment.SetEnvironmentVariable does not reach.
            _ = SetEnvironment(ConfigurationVariable, ConfigurationFile(folder), 1);
            var library = Pkcs11Library.Load(path);
            _users++;
            _folderInUse = folder;
            return new SoftHsm(folder, library);
        }
    }

    /// <summary>Opens a token of the folder; makes it, with random PINs, when there is none of that label and nothing says that there was one.</summary>
    /// <param name="label">The token's label, 1 to 32 ASCII letters, digits and dashes.</param>
    /// <param name="expected">What is known of it; null for nothing.</param>
    /// <exception cref="ConfigurationException">
    /// The token was there and is not, or its PIN file is gone, or several tokens have the label and none has the serial number.
    /// </exception>
    /// <exception cref="HsmException">The token refused.</exception>
    public Pkcs11Token OpenToken(string label, ExpectedToken? expected = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (label is not { Length: > 0 and <= 32 } || !label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException($"'{label}' is not a token label: 1 to 32 ASCII letters, digits and dashes.", nameof(label));
        }

        using var creation = LockFolder();
        var existing = Find(label, expected);
        if (!File.Exists(PinFile(label)))
        {
            if (existing is not null)
            {
                throw new ConfigurationException($"The token '{label}' exists in '{Folder}', but its PIN file '{PinFile(label)}' is gone; put it back.");
            }

            WritePin(SecurityOfficerPinFile(label));
            WritePin(PinFile(label));
        }

        using var pin = Pin.ReadFile(PinFile(label));
        if (existing is not { IsUserPinSet: true })
        {
            // New, or left half made by a process that died.
            using var securityOfficerPin = Pin.ReadFile(SecurityOfficerPinFile(label));
            Pkcs11Token.Initialize(_library, securityOfficerPin, pin, label);
        }

        return existing is null ? Pkcs11Token.OpenByLabel(_library, label, pin) : Pkcs11Token.OpenBySerialNumber(_library, existing.SerialNumber, pin);
    }

    /// <summary>Where the user's PIN of a token is kept.</summary>
    public string PinFile(string label) => Path.Combine(Folder, $"{label}.pin");

    public void Dispose()
    {
        lock (Gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _library.Dispose();
                _users--;
            }
        }
    }

    private string Objects => ObjectsOf(Folder);

    private static string ObjectsOf(string folder) => Path.Combine(folder, "objects");

    private TokenDescription? Find(string label, ExpectedToken? expected)
    {
        var all = _library.ListTokens();
        var labelled = all.Where(token => token.Label == label).ToList();
        var isLost = expected is { MustExist: true };
        if (expected?.SerialNumber is { } serialNumber)
        {
            if (labelled.Find(token => token.SerialNumber == serialNumber && (token.IsUserPinSet || !isLost)) is { } kept)
            {
                return kept;
            }
        }
        else
        {
            isLost &= !labelled.Exists(token => token.IsUserPinSet);
        }

        var serialNumbers = string.Join(" or ", labelled.Select(token => token.SerialNumber));
        if (isLost)
        {
            var others = labelled.Count == 0 ? string.Empty : $" One of the same label is there, {serialNumbers}; if it is the right one, name it: {expected!.NameIt}.";
            throw new ConfigurationException(
                $"The token '{label}'{(expected!.SerialNumber is null ? string.Empty : $" with the serial number {expected.SerialNumber}")} was in '{Folder}' and is not any more{TellDamage(all, expected.SerialNumber)}; restore the folder from its backup.{others} {expected.GiveItUp}");
        }

        return labelled.Count <= 1
            ? labelled.FirstOrDefault()
            : throw new ConfigurationException(
                $"'{Folder}' holds {labelled.Count} tokens '{label}'; name the right one by its serial number, {serialNumbers}: {expected?.NameIt ?? "with 'serialNumber' in agent.json"}.");
    }

    /// <summary>The module passes over a token that it cannot read. It names a token's folder by a UUID whose last 16 digits are the serial number.</summary>
    private string TellDamage(IReadOnlyList<TokenDescription> listed, string? serialNumber)
    {
        var unread = Directory.GetDirectories(Objects)
            .Select(path => (Path: path, Digits: Path.GetFileName(path).Replace("-", string.Empty, StringComparison.Ordinal)))
            .Where(folder => serialNumber is null
                ? !listed.Any(token => folder.Digits.EndsWith(token.SerialNumber, StringComparison.Ordinal))
                : folder.Digits.EndsWith(serialNumber, StringComparison.Ordinal))
            .Select(folder => folder.Path)
            .FirstOrDefault();
        return unread is null ? string.Empty : $": its files in '{unread}' are damaged";
    }

    private string SecurityOfficerPinFile(string label) => Path.Combine(Folder, $"{label}.so-pin");

    /// <summary>The module's configuration file of a folder: what <c>SOFTHSM2_CONF</c> names.</summary>
    public static string ConfigurationFile(string folder) => Path.Combine(folder, "softhsm2.conf");

    private static void Prepare(string folder)
    {
        var objects = ObjectsOf(folder);
        CreatePrivateFolder(folder);
        CreatePrivateFolder(objects);
        var configuration = ConfigurationFile(folder);
        var text = $"directories.tokendir = {objects}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
        if (!File.Exists(configuration) || File.ReadAllText(configuration) != text)
        {
            WriteWhole(configuration, System.Text.Encoding.UTF8.GetBytes(text));
        }
    }

    private static void CreatePrivateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void WritePin(string path)
    {
        using var pin = Pin.Generate();
        WriteWhole(path, pin.DangerousBytes);
    }

    /// <summary>Writes a file of mode 0600 so that no reader, and no crash, ever sees half of it.</summary>
    private static void WriteWhole(string path, ReadOnlySpan<byte> content)
    {
        var draft = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(draft, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }

    /// <summary>One process at a time makes tokens.</summary>
    private FileStream LockFolder()
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception is not DirectoryNotFoundException and not PathTooLongException)
            {
                Thread.Sleep(20);
            }
        }
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
