using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Tokens;

/// <summary>The mechanisms in use. Each call makes a fresh one, because parameters own unmanaged memory; the caller disposes it.</summary>
internal static class Mechanism
{
    private static readonly Pkcs11InteropFactories Factories = new();

    internal static IMechanism Plain(ulong type) => Factories.MechanismFactory.Create(type);

    internal static IMechanism Plain(CKM type) => Factories.MechanismFactory.Create(type);

    /// <summary>RSA-OAEP with SHA-1 and MGF1-SHA-1, empty label: what the BYOK transfer format asks for.</summary>
    internal static IMechanism RsaOaepSha1() => Factories.MechanismFactory.Create(CKM.CKM_RSA_PKCS_OAEP, OaepSha1());

    /// <summary>RSA-PSS over a digest that was computed outside; the salt is as long as the digest.</summary>
    internal static IMechanism RsaPss(CKM hash, CKG mask, int digestLength) =>
        Factories.MechanismFactory.Create(
            CKM.CKM_RSA_PKCS_PSS, Factories.MechanismParamsFactory.CreateCkRsaPkcsPssParams((ulong)hash, (ulong)mask, (ulong)digestLength));

    /// <summary>The one-step form of the BYOK transfer format, with an ephemeral AES-256 key.</summary>
    internal static IMechanism RsaAesKeyWrap() =>
        Factories.MechanismFactory.Create(CKM.CKM_RSA_AES_KEY_WRAP, Factories.MechanismParamsFactory.CreateCkRsaAesKeyWrapParams(256, OaepSha1()));

    private static Net.Pkcs11Interop.HighLevelAPI.MechanismParams.ICkRsaPkcsOaepParams OaepSha1() =>
        Factories.MechanismParamsFactory.CreateCkRsaPkcsOaepParams((ulong)CKM.CKM_SHA_1, (ulong)CKG.CKG_MGF1_SHA1, (ulong)CKZ.CKZ_DATA_SPECIFIED, null);
}
