using System.Security.Cryptography;
using Byok.Core.Keys;

namespace Byok.Pkcs11.Tests.Behaviour;

/// <summary>Makes a transfer ciphertext without any token, as a correct HSM would.</summary>
internal static class SoftwareTransfer
{
    internal static byte[] Wrap(RsaPublicKey kek, byte[] content)
    {
        using var rsa = RSA.Create(kek.ToParameters());
        using var aes = Aes.Create();
        aes.KeySize = 256;
        return [.. rsa.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA1), .. aes.EncryptKeyWrapPadded(content)];
    }
}
