using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class VaultKeyTests
{
    private static readonly VaultKey Key = new()
    {
        Id = KeyIdentifier.Parse("https://v.example/keys/name/1"),
        PublicKey = null,
        KeyType = "RSA-HSM",
        Operations = [],
        Enabled = true,
        CreatedOn = default,
        UpdatedOn = default,
    };

    [Theory]
    [InlineData("", false)]
    [InlineData("Purgeable", false)]
    [InlineData("Recoverable+Purgeable", false)]
    [InlineData("CustomizedRecoverable+Purgeable", false)]
    [InlineData("Recoverable", true)]
    [InlineData("Recoverable+ProtectedSubscription", true)]
    public void IsPurgeProtected_RecoveryLevel_SaysWhetherAKeyCanBeDestroyed(string level, bool isProtected) =>
        Assert.Equal(isProtected, (Key with { RecoveryLevel = level }).IsPurgeProtected);

    [Fact]
    public void IsPurgeProtected_NothingSaid_IsNotTakenForProtection() => Assert.Equal((false, string.Empty), (Key.IsPurgeProtected, Key.RecoveryLevel));

    [Theory]
    [InlineData("RSA-HSM", true)]
    [InlineData("EC-HSM", true)]
    [InlineData("RSA", false)]
    public void IsHsmProtected_KeyType_SaysWhereThePrivatePartIs(string type, bool isProtected) =>
        Assert.Equal(isProtected, (Key with { KeyType = type }).IsHsmProtected);

    [Fact]
    public void RequirePublicKey_NoneGiven_NamesTheKey()
    {
        Assert.Contains("https://v.example/keys/name/1", Assert.Throws<VaultException>(Key.RequirePublicKey).Message, StringComparison.Ordinal);
        var publicKey = RsaPublicKey.FromBytes([200], [3]);
        Assert.Same(publicKey, (Key with { PublicKey = publicKey }).RequirePublicKey());
    }
}
