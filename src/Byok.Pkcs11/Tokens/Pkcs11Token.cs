using System.Collections.Concurrent;
using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Pkcs11.Library;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Tokens;

/// <summary>
/// One token, with a pool of sessions. Logs in once; login is shared by all sessions of the process on this token, so one idle session
/// is kept open for as long as this lives. Safe for many threads.
/// </summary>
public sealed partial class Pkcs11Token : IDisposable
{
    /// <summary>Sessions that are in use at the same time, at most.</summary>
    public const int MaxSessions = 16;

    private readonly Pkcs11Library _library;
    private readonly ISlot _slot;
    private readonly Pin _pin;
    private readonly SemaphoreSlim _free = new(MaxSessions, MaxSessions);
    private readonly ConcurrentBag<ISession> _idle = [];
    private readonly Lock _loginGate = new();
    private ISession? _anchor;
    private int _openSessions;
    private bool _disposed;

    private Pkcs11Token(Pkcs11Library library, ISlot slot, TokenDescription description, Pin pin)
    {
        _library = library.AddReference();
        _slot = slot;
        _pin = pin.Copy();
        Description = description;
    }

    /// <summary>What the token says of itself.</summary>
    public TokenDescription Description { get; }

    /// <summary>Sessions of this pool that are open, the idle one included.</summary>
    internal int OpenSessions => Volatile.Read(ref _openSessions);

    /// <summary>Sessions that are rented now.</summary>
    internal int RentedSessions => MaxSessions - _free.CurrentCount;

    /// <summary>Serialises what must not happen twice at the same time, such as generating a key under one label.</summary>
    internal SemaphoreSlim Exclusive { get; } = new(1, 1);

    /// <summary>Finds a token by its label. Slots are renumbered by some modules, labels are not. The PIN is used at the first call, not here.</summary>
    /// <param name="label">The token's label.</param>
    /// <param name="pin">The user's PIN; copied.</param>
    /// <exception cref="HsmTokenNotFoundException">No such token, or several; then use the serial number.</exception>
    public static Pkcs11Token OpenByLabel(Pkcs11Library library, string label, Pin pin) =>
        Open(library, "label", label, description => description.Label == label, pin);

    /// <summary>Finds a token by its serial number. The PIN is used at the first call, not here.</summary>
    /// <param name="serialNumber">The token's serial number.</param>
    /// <param name="pin">The user's PIN; copied.</param>
    /// <exception cref="HsmTokenNotFoundException">No such token.</exception>
    public static Pkcs11Token OpenBySerialNumber(Pkcs11Library library, string serialNumber, Pin pin) =>
        Open(library, "serial number", serialNumber, description => description.SerialNumber == serialNumber, pin);

    /// <summary>Logs in now rather than at the first call.</summary>
    /// <exception cref="HsmPinException">The token refused the PIN, now or before in this process.</exception>
    /// <exception cref="HsmException">The token failed.</exception>
    public void Login() => EnsureLoggedIn();

    internal bool HasMechanism(ulong type)
    {
        try
        {
            return _slot.GetMechanismList().Exists(mechanism => (ulong)mechanism == type);
        }
        catch (Pkcs11Exception exception)
        {
            throw Pkcs11Failures.Translate(exception, $"Listing the mechanisms of the token '{Description.Label}'");
        }
    }

    /// <summary>Does work in a rented session, off the caller's thread: calls into a module block.</summary>
    internal async Task<T> RunAsync<T>(Func<TokenSession, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(
            () =>
            {
                using var session = Rent();
                return work(session);
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes a session back from its renter.</summary>
    internal void Return(ISession session, bool isBroken)
    {
        if (isBroken || _disposed)
        {
            Close(session);
            if (isBroken)
            {
                ForgetLogin();
            }
        }
        else
        {
            _idle.Add(session);
        }

        _free.Release();
    }

    /// <summary>Waits until all rented sessions are given back (a module must not be finalised under a running call), then closes them.</summary>
    public void Dispose()
    {
        lock (_loginGate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        for (var place = 0; place < MaxSessions; place++)
        {
            _free.Wait();
        }

        lock (_loginGate)
        {
            while (_idle.TryTake(out var session))
            {
                Close(session);
            }

            if (_anchor is not null)
            {
                Close(_anchor);
                _anchor = null;
            }
        }

        _pin.Dispose();
        _library.Dispose();
        _free.Dispose();
        Exclusive.Dispose();
    }

    private static Pkcs11Token Open(Pkcs11Library library, string what, string value, Func<TokenDescription, bool> matches, Pin pin)
    {
        ArgumentNullException.ThrowIfNull(library);
        ArgumentNullException.ThrowIfNull(pin);
        var present = library.Slots()
            .Where(pair => pair.Info.TokenFlags.TokenInitialized)
            .Select(pair => (pair.Slot, Description: TokenDescription.From(pair.Info)))
            .ToList();
        var found = present.FindAll(pair => matches(pair.Description));
        return found.Count switch
        {
            1 => new Pkcs11Token(library, found[0].Slot, found[0].Description, pin),
            0 => throw new HsmTokenNotFoundException(
                $"No token with the {what} that was named is present in '{library.Path}'; {SettingText.Describe(value)}. Present are: {Names(present.Select(token => token.Description))}. "
                + $"Check the {what} and that the HSM is connected."),
            _ => throw new HsmTokenNotFoundException(
                $"{found.Count} tokens with the {what} '{value}' are present in '{library.Path}'; name the one by its serial number: {string.Join(" or ", found.Select(token => token.Description.SerialNumber))}."),
        };
    }

    private static string Names(IEnumerable<TokenDescription> tokens) =>
        string.Join(", ", tokens.Select(token => $"'{token.Label}' (serial number {token.SerialNumber})")) is { Length: > 0 } names ? names : "none";

    /// <summary>Called with a place taken in <see cref="_free"/>; gives it back on failure.</summary>
    private TokenSession Rent()
    {
        try
        {
            EnsureLoggedIn();
            return new TokenSession(this, _idle.TryTake(out var idle) ? idle : OpenSession());
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    private void EnsureLoggedIn()
    {
        lock (_loginGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_anchor is not null)
            {
                return;
            }

            if (RefusedPins.Contains(_library.Path, Description.SerialNumber, _pin))
            {
                throw new HsmPinException(
                    $"The token '{Description.Label}' refused this PIN before; it is not tried again, so that the token does not lock. Correct the PIN and start again.");
            }

            var session = OpenSession();
            try
            {
                session.Login(CKU.CKU_USER, _pin.DangerousBytes);
            }
            catch (Pkcs11Exception exception) when (exception.RV == CKR.CKR_USER_ALREADY_LOGGED_IN)
            {
                // Another pool of this process did.
            }
            catch (Pkcs11Exception exception)
            {
                Close(session);
                var failure = Pkcs11Failures.Translate(exception, $"Logging in to the token '{Description.Label}'");
                if (failure is HsmPinException)
                {
                    RefusedPins.Add(_library.Path, Description.SerialNumber, _pin);
                }

                throw failure;
            }

            _anchor = session;
        }
    }

    private ISession OpenSession()
    {
        try
        {
            var session = _slot.OpenSession(SessionType.ReadWrite);
            Interlocked.Increment(ref _openSessions);
            return session;
        }
        catch (Pkcs11Exception exception)
        {
            throw Pkcs11Failures.Translate(exception, $"Opening a session on the token '{Description.Label}'");
        }
    }

    private void Close(ISession session)
    {
        Interlocked.Decrement(ref _openSessions);
        try
        {
            session.Dispose();
        }
        catch (Pkcs11Exception)
        {
            // The module closed it already, or the token is gone.
        }
    }

    private void ForgetLogin()
    {
        lock (_loginGate)
        {
            if (_anchor is not null)
            {
                Close(_anchor);
                _anchor = null;
            }
        }
    }
}
