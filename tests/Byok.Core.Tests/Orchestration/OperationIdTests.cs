using Byok.Core.Keys;
using Byok.Core.Orchestration;

namespace Byok.Core.Tests.Orchestration;

public sealed class OperationIdTests
{
    private const string Digits = "0123456789abcdef0123456789abcdef";
    private static readonly string LongestKey = new('k', KeyName.MaxLength);

    public static TheoryData<OperationVerb> Verbs => new(Enum.GetValues<OperationVerb>());

    [Theory]
    [MemberData(nameof(Verbs))]
    public void ToString_EveryVerb_ParsesBackAndIsSafe(OperationVerb verb)
    {
        string?[] keys = OperationId.IsOnAKey(verb) ? ["k", "a-b", "rotate-k", $"k-{Digits}", LongestKey] : [null];
        foreach (var id in keys.SelectMany(key => new[] { OperationId.New(verb, key), OperationId.Once("what", verb, key) }))
        {
            Assert.True(OperationId.TryParse(id.ToString(), out var parsed));
            Assert.Equal(id, parsed);
            Assert.True(OperationId.Is(id.ToString(), verb, id.Key));
            Assert.StartsWith(OperationId.Prefix(verb, id.Key), id.ToString(), StringComparison.Ordinal);
            Assert.True(OperationId.IsSafe(id.ToString()));
            Assert.True(OperationId.IsSafe(OperationId.BringWithin(id.ToString(), DateTimeOffset.MaxValue, 16)));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(Digits)]
    [InlineData("rotate-" + Digits)] // as a scheduled rotation was once named
    [InlineData("rotate--" + Digits)]
    [InlineData("rotate-k" + Digits)]
    [InlineData("rotate-k-0123456789abcdef0123456789abcde")]
    [InlineData("rotate-k-0123456789abcdef0123456789abcdefa")]
    [InlineData("rotate-k-0123456789abcdef0123456789abcdeg")]
    [InlineData("rotate-k/-" + Digits)]
    [InlineData("rotate-k\u001b-" + Digits)]
    [InlineData("Rotate-k-" + Digits)]
    [InlineData("turn-k-" + Digits)]
    [InlineData("audit-k-" + Digits)]
    [InlineData("audit" + Digits)]
    [InlineData("audit-20300102T2330")]
    [InlineData("rotate-k-" + Digits + "-bring-20300101000000000")]
    public void TryParse_WhatIsNone_IsRefused(string? text)
    {
        Assert.False(OperationId.TryParse(text, out var id));
        Assert.Null(id);
    }

    [Fact]
    public void TryParse_KeyNameTooLong_IsRefused() => Assert.False(OperationId.TryParse($"bring-{LongestKey}k-{Digits}", out _));

    [Theory]
    [InlineData("rotate-" + Digits, true)]
    [InlineData("audit-20300102T2330", true)]
    [InlineData("rotate-k-" + Digits + ":3", true)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("a%2f", false)]
    [InlineData("a\u001b[2J", false)]
    [InlineData("\u00e4", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsSafe_AnyText_IsWhatMayStandInAPathAndOnATerminal(string? text, bool expected) => Assert.Equal(expected, OperationId.IsSafe(text));

    [Fact]
    public void IsSafe_Length_IsBounded()
    {
        Assert.True(OperationId.IsSafe(new string('a', OperationId.MaxLength)));
        Assert.False(OperationId.IsSafe(new string('a', OperationId.MaxLength + 1)));
    }

    [Fact]
    public void Once_TheSameTwice_IsOneIdAndAnotherOfAnotherKeyOrThing()
    {
        var id = OperationId.Once("what", OperationVerb.Rotate, "k");

        Assert.Equal("rotate-k-749ab2c0d06c42ae3b841b79e79875f0", id.ToString()); // SHA-256 of "what" begins so
        Assert.Equal(id, OperationId.Once("what", OperationVerb.Rotate, "k"));
        Assert.NotEqual(id, OperationId.Once("what", OperationVerb.Rotate, "k2"));
        Assert.NotEqual(id, OperationId.Once("else", OperationVerb.Rotate, "k"));
        Assert.NotEqual(OperationId.New(OperationVerb.Audit), OperationId.New(OperationVerb.Audit));
    }

    [Fact]
    public void Is_KeyNamesThatBeginAlike_AreTold()
    {
        var id = OperationId.New(OperationVerb.Rotate, "a-b").ToString();

        Assert.StartsWith(OperationId.Prefix(OperationVerb.Rotate, "a"), id, StringComparison.Ordinal);
        Assert.False(OperationId.Is(id, OperationVerb.Rotate, "a"));
        Assert.False(OperationId.Is(id, OperationVerb.Revoke, "a-b"));
    }

    [Fact]
    public void New_KeyWhereNoneBelongsOrNoneWhereOneDoes_IsMisuse()
    {
        Assert.Throws<ArgumentException>(() => OperationId.New(OperationVerb.Audit, "k"));
        Assert.Throws<ArgumentException>(() => OperationId.New(OperationVerb.Rotate));
        Assert.Throws<ArgumentException>(() => OperationId.New(OperationVerb.Rotate, "a b"));
    }

    [Fact]
    public void BringWithin_AnOperation_IsAsJournalsHaveIt()
    {
        var on = new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

        Assert.Equal("rotate-1-bring-20300102030405678", OperationId.BringWithin("rotate-1", on));
        Assert.Equal("restore-1-bring-20300102030405678-0", OperationId.BringWithin("restore-1", on, 0));
        Assert.StartsWith(OperationId.BringPrefixWithin("rotate-1"), OperationId.BringWithin("rotate-1", on), StringComparison.Ordinal);
    }
}
