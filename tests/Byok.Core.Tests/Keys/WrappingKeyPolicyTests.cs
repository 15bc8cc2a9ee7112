using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class WrappingKeyPolicyTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly WrappingKeyPolicy Policy = new(TimeSpan.FromDays(365), TimeSpan.FromDays(30), TimeSpan.FromHours(1));

    [Theory]
    [InlineData(null, true, false, false, false, "not brought")]
    [InlineData(KeyTags.Pending, true, false, false, false, "pending")]
    [InlineData(KeyTags.Active, true, true, true, true, "active")]
    [InlineData(KeyTags.Active, false, false, true, true, "disabled")]
    [InlineData(KeyTags.Retired, true, false, true, true, "retired")]
    [InlineData(KeyTags.Retired, false, false, true, true, "disabled")]
    [InlineData(KeyTags.Replaced, true, false, false, true, "replaced")]
    [InlineData("a word of somebody's", true, false, false, false, "a word of somebody's")]
    public void Version_InEveryState_IsForWhatItSays(string? state, bool isEnabled, bool mayProtect, bool isInUse, bool isProved, string words)
    {
        var version = LifeOf.Version(state, isEnabled);

        Assert.Equal(
            (mayProtect, isInUse, isProved, words),
            (WrappingKeyPolicy.MayProtect(version), WrappingKeyPolicy.IsInUse(version), WrappingKeyPolicy.IsProved(version), WrappingKeyPolicy.Describe(version)));
        Assert.Equal((state == KeyTags.Active, state == KeyTags.Retired), (WrappingKeyPolicy.IsActive(version), WrappingKeyPolicy.IsRetired(version)));
    }

    [Fact]
    public void CurrentOf_SeveralActive_IsTheNewestOfThemWhateverTheOrder()
    {
        var (older, newer) = (LifeOf.Version() with { CreatedOn = Now }, LifeOf.Version() with { CreatedOn = Now.AddSeconds(1) });
        var newest = LifeOf.Version(KeyTags.Pending) with { CreatedOn = Now.AddDays(1) };

        Assert.Same(newer, WrappingKeyPolicy.CurrentOf([older, newer, newest]));
        Assert.Same(newer, WrappingKeyPolicy.CurrentOf([newest, newer, older]));
        Assert.Null(WrappingKeyPolicy.CurrentOf([]));
    }

    [Fact]
    public void ReplacedBy_EveryState_IsTheEnabledAndProvedOnesButTheTarget()
    {
        string?[] states = [null, KeyTags.Pending, KeyTags.Active, KeyTags.Retired, KeyTags.Replaced];
        var versions = states.SelectMany(state => new[] { LifeOf.Version(state), LifeOf.Version(state, isEnabled: false) }).ToList();
        var target = LifeOf.Version();

        Assert.Equal([versions[4], versions[6], versions[8]], WrappingKeyPolicy.ReplacedBy(target.Id, [.. versions, target]));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void IsTooOld_AroundTheAge_IsFromTheAgeOn(long ticksAfter, bool expected)
    {
        var version = LifeOf.Version() with { CreatedOn = Now - Policy.MaxAge - TimeSpan.FromTicks(ticksAfter) };

        Assert.Equal(expected, Policy.IsTooOld(version, Now));
        Assert.Same(expected ? version : null, Policy.DueForRotation(LifeOf.Versions(version), Now));
        Assert.False(Policy.IsTooOld(version with { Enabled = false }, Now));
        Assert.False(Policy.IsTooOld(LifeOf.Version(KeyTags.Retired) with { CreatedOn = version.CreatedOn }, Now));
    }

    [Fact]
    public void DueForRotation_StateAllowsNone_IsNone()
    {
        var old = LifeOf.Version(order: "restoring 2029-12-31T00:00:00.0000000Z restore-1");

        Assert.True(Policy.IsTooOld(old, Now));
        Assert.Null(Policy.DueForRotation(LifeOf.Versions(old), Now));
        Assert.Null(Policy.DueForRotation(LifeOf.Deleted(LifeOf.Version()), Now));
    }

    [Fact]
    public void DueForRotation_OldOneBesideANewOne_IsNone() =>
        Assert.Null(Policy.DueForRotation(LifeOf.Versions(LifeOf.Version(), LifeOf.Version() with { CreatedOn = Now }), Now));

    [Theory]
    [InlineData(null, false, false)]
    [InlineData(30d, false, false)]
    [InlineData(29.9d, true, false)]
    [InlineData(0d, true, false)]
    [InlineData(-0.1d, true, true)]
    public void Expiry_DaysAhead_IsExpiringAndThenExpired(double? days, bool isExpiring, bool isExpired)
    {
        var version = LifeOf.Version() with { ExpiresOn = days is { } ahead ? Now.AddDays(ahead) : null };

        Assert.Equal((isExpiring, isExpired), (Policy.IsExpiring(version, Now), WrappingKeyPolicy.IsExpired(version, Now)));
    }

    [Theory]
    [InlineData(KeyTags.Pending, 60, false)]
    [InlineData(KeyTags.Pending, 61, true)]
    [InlineData(KeyTags.Active, 61, false)]
    public void IsUnproved_MinutesAfterItsImport_IsOnlyAPendingOneThatWaitsTooLong(string state, int minutes, bool expected) =>
        Assert.Equal(expected, Policy.IsUnproved(LifeOf.Version(state) with { CreatedOn = Now.AddMinutes(-minutes) }, Now));

    [Theory]
    [InlineData(KeyTags.Wrapping, true)]
    [InlineData(KeyTags.KeyExchange, false)]
    [InlineData("", false)]
    public void IsWrappingKey_Purpose_IsOnlyItsOwn(string purpose, bool expected) =>
        Assert.Equal(expected, WrappingKeyPolicy.IsWrappingKey(LifeOf.Version() with { Tags = new Dictionary<string, string> { [KeyTags.Purpose] = purpose } }));
}
