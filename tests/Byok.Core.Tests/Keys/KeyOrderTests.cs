using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class KeyOrderTests
{
    private static readonly DateTimeOffset On = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1234567);

    [Theory]
    [InlineData(KeyOrderKind.Revoked, "revoked 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    [InlineData(KeyOrderKind.Restoring, "restoring 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    [InlineData(KeyOrderKind.Restored, "restored 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    public void Of_WhatWasWritten_GivesItBack(KeyOrderKind kind, string text)
    {
        var order = new KeyOrder(kind, On, "revoke-k-1");

        Assert.Equal(text, order.ToString());
        Assert.Equal(order, KeyOrder.Of(LifeOf.Version(order: text)));
        Assert.Equal(kind != KeyOrderKind.Revoked, order.GivesBack);
    }

    [Fact]
    public void ToString_LongestOperationId_FitsATag() =>
        Assert.True(new KeyOrder(KeyOrderKind.Restoring, On, new string('a', 200)).ToString().Length <= 256);

    [Theory]
    [InlineData("")]
    [InlineData("revoked")]
    [InlineData("revoked 2030-01-02T03:04:05.1234567Z")]
    [InlineData("revoked 2030-01-02T03:04:05.1234567Z ")]
    [InlineData("revoked 2030-01-02T03:04:05Z revoke-k-1")]
    [InlineData("revoked 2030-01-02T03:04:05.1234567+01:00 revoke-k-1")]
    [InlineData("Revoked 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    [InlineData("0 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    [InlineData("deleted 2030-01-02T03:04:05.1234567Z revoke-k-1")]
    [InlineData("revoked 2030-01-02T03:04:05.1234567Z revoke-k-1 more")]
    [InlineData("revoked 9999-12-31T23:59:59.9999999Z revoke-k-1")]
    public void Of_AnythingElse_IsNoOrder(string text) => Assert.Null(KeyOrder.Of(LifeOf.Version(order: text)));

    [Fact]
    public void NextOrderOn_OrderOfAClockThatIsAhead_ComesAfterIt()
    {
        var ahead = On.AddYears(1);
        var life = LifeOf.Versions(LifeOf.Version(order: $"{new KeyOrder(KeyOrderKind.Restored, ahead, "restore")}"));

        Assert.Equal(ahead.AddTicks(1), life.NextOrderOn(On));
        Assert.Equal(ahead.AddTicks(2), life.NextOrderOn(ahead.AddTicks(2)));
        Assert.Equal(On, LifeOf.Versions(LifeOf.Version()).NextOrderOn(On));
    }
}
