using Byok.Agent.Configuration;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Pkcs11;
using Byok.Pkcs11.Library;
using Byok.Pkcs11.Tokens;

namespace Byok.Agent.Service;

/// <summary>The token of the settings, opened and logged in to.</summary>
internal sealed class AgentToken : IDisposable
{
    private readonly Pkcs11Library _library;
    private readonly Pkcs11Token _token;

    private AgentToken(Pkcs11Library library, Pkcs11Token token, Pkcs11Hsm hsm)
    {
        _library = library;
        _token = token;
        Hsm = hsm;
    }

    public Pkcs11Hsm Hsm { get; }

    /// <summary>Opens the token and tries the PIN once.</summary>
    /// <exception cref="ConfigurationException">The state folder cannot be made.</exception>
    /// <exception cref="HsmException">No module, no token, or a PIN that the token refuses.</exception>
    public static AgentToken Open(AgentSettings settings, TimeProvider time)
    {
        var library = Pkcs11Library.Load(settings.Token.Module);
        Pkcs11Token? token = null;
        try
        {
            using var pin = Pin.ReadFile(settings.Token.PinFile);
            token = settings.Token.Label is { } label
                ? Pkcs11Token.OpenByLabel(library, label, pin)
                : Pkcs11Token.OpenBySerialNumber(library, settings.Token.SerialNumber!, pin);
            CreateFolder(settings.StateFolder);
            new PinGuard(settings.StateFolder, settings.Token.PinFile).Login(token);
            var options = new Pkcs11HsmOptions { VendorKeyWrapMechanism = settings.Token.VendorKeyWrapMechanism };
            return new AgentToken(library, token, new Pkcs11Hsm(token, options, time));
        }
        catch
        {
            token?.Dispose();
            library.Dispose();
            throw;
        }
    }

    private static void CreateFolder(string stateFolder)
    {
        try
        {
            Directory.CreateDirectory(stateFolder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Without the cause, whose message shows the path: it may be a secret in the wrong place.
            throw new ConfigurationException($"stateFolder: the folder cannot be made ({exception.GetType().Name}); {SettingText.Describe(stateFolder)}.");
        }
    }

    public void Dispose()
    {
        _token.Dispose();
        _library.Dispose();
    }
}
