using Byok.Core.Errors;
using Byok.Core.Keys;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Tokens;

/// <summary>
/// A session rented from a token's pool, for one thread at a time (two threads in one session crash real modules).
/// Its methods throw <see cref="HsmException"/> and its leaves. Disposal gives the session back.
/// </summary>
internal sealed class TokenSession(Pkcs11Token token, ISession session) : IDisposable
{
    private bool _disposed;

    /// <summary>Whether a call showed that the session is dead; the pool then closes it.</summary>
    internal bool IsBroken { get; private set; }

    internal ISession Native => session;

    internal IReadOnlyList<IObjectHandle> Find(ObjectTemplate template, string action)
    {
        using (template)
        {
            return Call(action, () => session.FindAllObjects(template.Attributes));
        }
    }

    internal IObjectHandle Create(ObjectTemplate template, string action)
    {
        using (template)
        {
            return Call(action, () => session.CreateObject(template.Attributes));
        }
    }

    internal IObjectHandle GenerateKey(IMechanism mechanism, ObjectTemplate template, string action)
    {
        using (mechanism)
        using (template)
        {
            return Call(action, () => session.GenerateKey(mechanism, template.Attributes));
        }
    }

    internal (IObjectHandle Public, IObjectHandle Private) GenerateKeyPair(IMechanism mechanism, ObjectTemplate publicKey, ObjectTemplate privateKey, string action)
    {
        using (mechanism)
        using (publicKey)
        using (privateKey)
        {
            return Call(action, () =>
            {
                session.GenerateKeyPair(mechanism, publicKey.Attributes, privateKey.Attributes, out var publicHandle, out var privateHandle);
                return (publicHandle, privateHandle);
            });
        }
    }

    internal byte[] Wrap(IMechanism mechanism, IObjectHandle wrappingKey, IObjectHandle key, string action)
    {
        using (mechanism)
        {
            return Call(action, () => session.WrapKey(mechanism, wrappingKey, key));
        }
    }

    internal IObjectHandle Unwrap(IMechanism mechanism, IObjectHandle unwrappingKey, byte[] wrappedKey, ObjectTemplate template, string action)
    {
        using (mechanism)
        using (template)
        {
            return Call(action, () => session.UnwrapKey(mechanism, unwrappingKey, wrappedKey, template.Attributes));
        }
    }

    internal byte[] Decrypt(IMechanism mechanism, IObjectHandle key, byte[] ciphertext, string action)
    {
        using (mechanism)
        {
            return Call(action, () => session.Decrypt(mechanism, key, ciphertext));
        }
    }

    internal byte[] Sign(IMechanism mechanism, IObjectHandle key, byte[] data, string action)
    {
        using (mechanism)
        {
            return Call(action, () => session.Sign(mechanism, key, data));
        }
    }

    /// <summary>Destroys an object; one that is gone already is no failure.</summary>
    internal void Destroy(IObjectHandle key, string action)
    {
        try
        {
            Call(action, () =>
            {
                session.DestroyObject(key);
                return true;
            });
        }
        catch (HsmException exception) when (exception.ReturnValue == nameof(CKR.CKR_OBJECT_HANDLE_INVALID))
        {
            // Another session or process destroyed it first.
        }
    }

    /// <summary>Destroys session objects in a <c>finally</c>: a failure here must not hide the first one, and closing the session destroys them too.</summary>
    internal void Discard(params ReadOnlySpan<IObjectHandle?> keys)
    {
        foreach (var key in keys)
        {
            if (key is null)
            {
                continue;
            }

            try
            {
                Destroy(key, "Discarding a session key");
            }
            catch (HsmException)
            {
                IsBroken = true;
            }
        }
    }

    internal byte[]? ReadBytes(IObjectHandle key, CKA type, string action) => Read(key, type, action, attribute => attribute.GetValueAsByteArray());

    internal string? ReadText(IObjectHandle key, CKA type, string action) => Read(key, type, action, attribute => attribute.GetValueAsString());

    internal bool ReadBool(IObjectHandle key, CKA type, string action) => Read(key, type, action, attribute => (bool?)attribute.GetValueAsBool()) ?? false;

    internal ulong? ReadNumber(IObjectHandle key, CKA type, string action) => Read(key, type, action, attribute => (ulong?)attribute.GetValueAsUlong());

    /// <summary>The public part of an RSA key, private or public object.</summary>
    internal RsaPublicKey ReadPublicKey(IObjectHandle key, string action)
    {
        var modulus = ReadBytes(key, CKA.CKA_MODULUS, action);
        var exponent = ReadBytes(key, CKA.CKA_PUBLIC_EXPONENT, action);
        return modulus is { Length: > 0 } && exponent is { Length: > 0 }
            ? RsaPublicKey.FromBytes(modulus, exponent)
            : throw new HsmException($"{action} failed: the token does not tell the key's modulus and public exponent.");
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            token.Return(session, IsBroken);
        }
    }

    private T? Read<T>(IObjectHandle key, CKA type, string action, Func<IObjectAttribute, T> read) =>
        Call(action, () =>
        {
            var attributes = session.GetAttributeValue(key, [type]);
            using var attribute = attributes[0];
            return attribute.CannotBeRead ? default : read(attribute);
        });

    private T Call<T>(string action, Func<T> call)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            return call();
        }
        catch (Pkcs11Exception exception)
        {
            IsBroken |= exception.RV is CKR.CKR_SESSION_CLOSED or CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_USER_NOT_LOGGED_IN
                or CKR.CKR_DEVICE_REMOVED or CKR.CKR_DEVICE_ERROR or CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_OPERATION_ACTIVE;
            throw Pkcs11Failures.Translate(exception, action);
        }
    }
}
