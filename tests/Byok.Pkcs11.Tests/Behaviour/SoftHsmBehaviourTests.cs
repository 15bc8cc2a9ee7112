using Byok.Core.Errors;
using Byok.Pkcs11.Tokens;
using Byok.Testing.Tokens;
using Net.Pkcs11Interop.Common;

namespace Byok.Pkcs11.Tests.Behaviour;

public sealed class SoftHsmBehaviourTests(SoftHsmFixture fixture) : HsmBehaviour(fixture.HsmToken, fixture.VaultToken), IClassFixture<SoftHsmFixture>
{
    [Fact]
    public async Task DescribeAsync_SoftHsm_SaysWhetherItPads()
    {
        var description = await Hsm.DescribeAsync(default);

        Assert.Contains("mechanism 0x210A gives", description.Verdict, StringComparison.Ordinal);
        // SoftHSM 2.6 pads, 2.7 does not.
        Assert.Equal(
            Version.Parse(description.FirmwareVersion) < new Version(2, 7), description.Verdict.Contains("zero bytes to PKCS#8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_WrapWithTrusted_AsksForTheSecurityOfficer()
    {
        var label = NewLabel();
        await fixture.HsmToken.RunAsync(
            session =>
            {
                var template = RsaTemplates.MasterKey(persistent: true, label, [2]);
                template.Add(CKA.CKA_WRAP_WITH_TRUSTED, true);
                return session.GenerateKeyPair(
                    Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN), RsaTemplates.PublicKey(2048, persistent: true, label, [2]), template, "Test");
            },
            default);
        using var kek = System.Security.Cryptography.RSA.Create(2048);

        var failure = await Assert.ThrowsAsync<HsmKeyNotExtractableException>(() => Hsm.ExportMasterKeyAsync(Request(label, PublicOf(kek)), default));

        Assert.Contains("CKA_WRAP_WITH_TRUSTED", failure.Message, StringComparison.Ordinal);
        Assert.Equal(("C_WrapKey", "CKR_KEY_NOT_WRAPPABLE"), (failure.Method, failure.ReturnValue));
    }

    [Fact]
    public async Task ExportMasterKeyAsync_TwoKeysWithOneLabel_IsAConflict()
    {
        var label = NewLabel();
        for (byte i = 0; i < 2; i++)
        {
            await fixture.HsmToken.RunAsync(
                session => session.GenerateKeyPair(
                    Mechanism.Plain(CKM.CKM_RSA_PKCS_KEY_PAIR_GEN),
                    RsaTemplates.PublicKey(2048, persistent: true, label, [i]),
                    RsaTemplates.MasterKey(persistent: true, label, [i]),
                    "Test"),
                default);
        }

        using var kek = System.Security.Cryptography.RSA.Create(2048);
        await Assert.ThrowsAsync<NameTakenException>(() => Hsm.ExportMasterKeyAsync(Request(label, PublicOf(kek)), default));
    }

    [Fact]
    public async Task DescribeAsync_VendorNumberThatTheTokenLacks_FallsBackToOneThatWorks()
    {
        var hsm = new Pkcs11Hsm(fixture.HsmToken, new Pkcs11HsmOptions { VendorKeyWrapMechanism = 0x80000171 }, TimeProvider.System);
        Assert.Contains("mechanism 0x210A gives", (await hsm.DescribeAsync(default)).Verdict, StringComparison.Ordinal);
    }
}
