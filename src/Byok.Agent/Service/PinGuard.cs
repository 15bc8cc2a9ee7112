using System.Globalization;
using Byok.Core.Errors;
using Byok.Pkcs11.Tokens;

namespace Byok.Agent.Service;

/// <summary>
/// Lets a PIN be tried once: tokens lock after a few wrong ones, and a service that is started again and again would lock its token.
/// After a refusal the PIN file must change before the token is asked again, whoever restarts the agent. What is kept is the file's time
/// of change, nothing of the PIN.
/// </summary>
/// <param name="stateFolder">The agent's state folder; it exists.</param>
internal sealed class PinGuard(string stateFolder, string pinFile)
{
    private readonly string _marker = Path.Combine(stateFolder, "pin.refused");

    /// <exception cref="HsmPinException">The token refuses the PIN, or refused it before and the file has not changed since.</exception>
    public void Login(Pkcs11Token token)
    {
        var stamp = File.GetLastWriteTimeUtc(pinFile).Ticks.ToString(CultureInfo.InvariantCulture);
        if (File.Exists(_marker) && File.ReadAllText(_marker) == stamp)
        {
            throw new HsmPinException(
                $"The token refused the PIN in '{pinFile}' before, and the file has not changed since; it is not tried again, so that the token does not lock. Correct the file.");
        }

        try
        {
            token.Login();
            File.Delete(_marker);
        }
        catch (HsmPinException)
        {
            File.WriteAllText(_marker, stamp);
            throw;
        }
    }
}
