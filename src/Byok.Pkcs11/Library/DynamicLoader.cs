using System.Reflection;
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Library;

/// <summary>
/// Pkcs11Interop asks the system for <c>libdl</c>, a name that only development packages install; the runtime library is
/// <c>libdl.so.2</c>. This resolves the one name to the other.
/// </summary>
internal static class DynamicLoader
{
    private static readonly Lock Gate = new();
    private static bool _installed;

    internal static void Install()
    {
        lock (Gate)
        {
            if (!_installed)
            {
                NativeLibrary.SetDllImportResolver(typeof(Pkcs11InteropFactories).Assembly, Resolve);
                _installed = true;
            }
        }
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == "libdl" && OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libdl.so.2", out var handle) ? handle : IntPtr.Zero;
}
