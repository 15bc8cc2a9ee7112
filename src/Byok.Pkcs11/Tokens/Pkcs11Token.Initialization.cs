using System.Text;
using Byok.Core.Errors;
using Byok.Pkcs11.Library;
using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11.Tokens;

/// <content>The making of tokens.</content>
public sealed partial class Pkcs11Token
{
    /// <summary>
    /// Makes a new token in a free slot and sets the user's PIN. A token of that label whose PIN was never set (a process died in between)
    /// is completed.
    /// </summary>
    /// <param name="label">The new token's label, 1 to 32 characters.</param>
    /// <exception cref="NameTakenException">A token of that label exists.</exception>
    /// <exception cref="HsmTokenNotFoundException">No slot is free.</exception>
    /// <exception cref="HsmException">The token refused.</exception>
    public static void Initialize(Pkcs11Library library, Pin soPin, Pin userPin, string label)
    {
        ArgumentNullException.ThrowIfNull(library);
        ArgumentNullException.ThrowIfNull(soPin);
        ArgumentNullException.ThrowIfNull(userPin);
        ArgumentException.ThrowIfNullOrEmpty(label);
        if (Encoding.UTF8.GetByteCount(label) > 32)
        {
            throw new ArgumentException("A token's label is at most 32 bytes.", nameof(label));
        }

        var slots = library.Slots().ToList();
        var (slot, info) = slots.Find(pair => pair.Info.TokenFlags.TokenInitialized && pair.Info.Label.Trim() == label);
        if (slot is not null && info.TokenFlags.UserPinInitialized)
        {
            throw new NameTakenException($"A token '{label}' exists in '{library.Path}' already; choose another label.");
        }

        var action = $"Initialising the token '{label}'";
        try
        {
            if (slot is null)
            {
                slot = slots.Find(pair => !pair.Info.TokenFlags.TokenInitialized).Slot
                    ?? throw new HsmTokenNotFoundException($"No slot of '{library.Path}' is free for a new token '{label}'.");
                slot.InitToken(soPin.DangerousBytes, Encoding.UTF8.GetBytes(label.PadRight(32)));
            }

            using var session = slot.OpenSession(SessionType.ReadWrite);
            session.Login(CKU.CKU_SO, soPin.DangerousBytes);
            try
            {
                session.InitPin(userPin.DangerousBytes);
            }
            finally
            {
                session.Logout();
            }
        }
        catch (Pkcs11Exception exception)
        {
            throw Pkcs11Failures.Translate(exception, action);
        }
    }
}
