using Byok.Core.Errors;
using Byok.Pkcs11.Tokens;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Library;

/// <summary>
/// A PKCS#11 module in this process. A module has one state per process, so all instances for one path share it; the last one
/// to be disposed finalises the module (PKCS#11 2.40, 5.4).
/// </summary>
public sealed class Pkcs11Library : IDisposable
{
    private static readonly Dictionary<string, Shared> Loaded = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();
    private readonly Shared _shared;
    private bool _disposed;

    private Pkcs11Library(string path, Shared shared)
    {
        Path = path;
        _shared = shared;
    }

    /// <summary>The module's full path.</summary>
    public string Path { get; }

    private IPkcs11Library Native
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _shared.Native;
        }
    }

    /// <summary>Loads a module and initialises it for many threads, or takes another reference to it when it is loaded already.</summary>
    /// <param name="path">Path of the shared library.</param>
    /// <exception cref="HsmLibraryException">The file is missing, is no PKCS#11 module, or does not initialise.</exception>
    public static Pkcs11Library Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        lock (Gate)
        {
            if (!Loaded.TryGetValue(path, out var shared))
            {
                shared = new Shared(LoadNative(path));
                Loaded.Add(path, shared);
            }

            shared.References++;
            return new Pkcs11Library(path, shared);
        }
    }

    /// <summary>Lists the initialised tokens that are present now.</summary>
    /// <exception cref="HsmException">The module failed.</exception>
    public IReadOnlyList<TokenDescription> ListTokens() => [.. Slots().Where(pair => pair.Info.TokenFlags.TokenInitialized).Select(pair => TokenDescription.From(pair.Info))];

    /// <summary>Another reference to the same module, to be disposed on its own.</summary>
    internal Pkcs11Library AddReference()
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _shared.References++;
            return new Pkcs11Library(Path, _shared);
        }
    }

    /// <summary>The slots that hold a token, initialised or not, with what the token says of itself.</summary>
    internal IEnumerable<(ISlot Slot, ITokenInfo Info)> Slots()
    {
        List<ISlot> slots;
        try
        {
            slots = Native.GetSlotList(SlotsType.WithTokenPresent);
        }
        catch (Pkcs11Exception exception)
        {
            throw Pkcs11Failures.Translate(exception, $"Listing the tokens of '{Path}'");
        }

        foreach (var slot in slots)
        {
            ITokenInfo info;
            try
            {
                info = slot.GetTokenInfo();
            }
            catch (Pkcs11Exception exception) when (exception.RV is CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_TOKEN_NOT_RECOGNIZED)
            {
                continue; // Pulled out since the list was made.
            }
            catch (Pkcs11Exception exception)
            {
                throw Pkcs11Failures.Translate(exception, $"Reading a token of '{Path}'");
            }

            yield return (slot, info);
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (--_shared.References == 0)
            {
                Loaded.Remove(Path);
                _shared.Native.Dispose();
            }
        }
    }

    private static IPkcs11Library LoadNative(string path)
    {
        if (!File.Exists(path))
        {
            throw new HsmLibraryException($"The PKCS#11 library '{path}' does not exist; install it, or configure the right path.");
        }

        DynamicLoader.Install();
        try
        {
            var factories = WrapHeadroomSessionFactory.Factories();
            return factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, path, AppType.MultiThreaded);
        }
        catch (Pkcs11Exception exception)
        {
            throw new HsmLibraryException(
                $"The PKCS#11 library '{path}' does not initialise ({exception.Method}: {exception.RV}); check its configuration file and token folder.",
                exception)
            {
                Method = exception.Method,
                ReturnValue = exception.RV.ToString(),
            };
        }
        catch (Exception exception) when (exception is UnmanagedException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
        {
            throw new HsmLibraryException($"'{path}' cannot be loaded as a PKCS#11 library: {exception.Message}", exception);
        }
    }

    private sealed class Shared(IPkcs11Library native)
    {
        internal IPkcs11Library Native { get; } = native;

        internal int References { get; set; }
    }
}
