using Byok.Testing.Tokens;

namespace Byok.Pkcs11.Tests.Behaviour;

public sealed class NssBehaviourTests(NssFixture fixture) : HsmBehaviour(fixture.Token, fixture.Token), IClassFixture<NssFixture>
{
    [Fact]
    public async Task DescribeAsync_Nss_FindsTheRightNumberAndNoPadding()
    {
        var verdict = (await Hsm.DescribeAsync(default)).Verdict;
        Assert.Contains("mechanism 0x210B gives", verdict, StringComparison.Ordinal);
        Assert.DoesNotContain("zero bytes", verdict, StringComparison.Ordinal);
    }
}
