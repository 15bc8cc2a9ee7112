using System.Security.Cryptography;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Ports;

namespace Byok.Client.Keys;

/// <summary>Has the vault unwrap DEKs.</summary>
public sealed class DekUnwrapper(IKeyVault vault)
{
    /// <summary>Asks the vault. The caller disposes of the DEK.</summary>
    /// <exception cref="KeyUnavailableException">The vault does not unwrap with that version now.</exception>
    /// <exception cref="IntegrityException">The wrapped DEK is not of that version, or is no DEK.</exception>
    public async Task<DataEncryptionKey> UnwrapAsync(KeyIdentifier keyId, ReadOnlyMemory<byte> wrappedDek, CancellationToken cancellationToken)
    {
        var bytes = await vault.UnwrapKeyAsync(keyId, wrappedDek, cancellationToken).ConfigureAwait(false);
        try
        {
            return DataEncryptionKey.FromBytes(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
