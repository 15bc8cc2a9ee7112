using Byok.Testing.Tokens;

namespace Byok.Pkcs11.Tests.Behaviour;

public sealed class SoftHsmBehaviourTests(SoftHsmFixture fixture) : HsmBehaviour(fixture.HsmToken, fixture.VaultToken), IClassFixture<SoftHsmFixture>
{
    [Fact]
    public async Task DescribeAsync_SoftHsm26_SaysThatItPads()
    {
        Assert.Equal("2.6", fixture.HsmToken.Description.FirmwareVersion);
        for (var i = 0; i < 4; i++)
        {
            Assert.Contains("zero bytes to PKCS#8", (await Hsm.DescribeAsync(default)).Verdict, StringComparison.Ordinal);
        }
    }
}
