using Byok.Pkcs11.Library;
using Byok.Pkcs11.Tokens;

namespace Byok.Testing.Tokens;

/// <summary>
/// A token of NSS softokn: a second implementation of PKCS#11, independent of SoftHSM. One database per process, shared by all fixtures.
/// </summary>
public sealed class NssFixture : IDisposable
{
    private static readonly Lazy<(Pkcs11Library Library, Pin Pin)> Shared = new(Start);

    public NssFixture() => Token = Pkcs11Token.OpenByLabel(Shared.Value.Library, "NSS Certificate DB", Shared.Value.Pin);

    public Pkcs11Token Token { get; }

    public void Dispose() => Token.Dispose();

    private static (Pkcs11Library, Pin) Start()
    {
        string[] candidates = ["/usr/lib/x86_64-linux-gnu/libsoftokn3.so", "/usr/lib/aarch64-linux-gnu/libsoftokn3.so", "/usr/lib64/libsoftokn3.so"];
        var path = candidates.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("NSS softokn is not installed; install the package libnss3.");
        var folder = Directory.CreateTempSubdirectory("byok-nss-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        NssInitialization.Initialize(path, $"configdir='sql:{folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=");
        var library = Pkcs11Library.Load(path);
        var pin = Pin.Generate();
        using var noPin = new Pin([]);
        Pkcs11Token.Initialize(library, noPin, pin, "NSS Certificate DB");
        return (library, pin);
    }
}
