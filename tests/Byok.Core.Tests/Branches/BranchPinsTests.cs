using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;
using CsCheck;

namespace Byok.Core.Tests.Branches;

public sealed class BranchPinsTests
{
    private const string Key = "archive";

    private static readonly BranchName[] Names = [.. Enumerable.Range(0, 14).Select(n => TestKeys.BranchOf($"{n}").Name)];

    [Fact]
    public void WriteTo_AnyPins_IsReadAsTheSameAndFitsTheVault() =>
        Gen.Select(Gen.Int[0, 13].Array[0, 40], Gen.Int[0, 3].Array[40]).Sample((branches, operations) =>
        {
            var (pins, current, sealedBranches) = (BranchPins.Start(Key, Names[0]), Names[0], new List<BranchName>());
            foreach (var (branch, operation) in branches.Select(n => Names[n]).Zip(operations))
            {
                var expected = Model(operation, branch, ref current, sealedBranches);
                var refusal = Record.Exception(() => pins = Apply(pins, operation, branch));
                Assert.Equal(expected, refusal is null);
                Assert.True(refusal is null or ConflictException);
                Assert.Equal(current, pins.Current);
                Assert.Equal(sealedBranches, pins.Sealed);
            }

            var before = new Dictionary<string, string> { [KeyTags.State] = KeyTags.Active, [KeyTags.Activation] = "7", [KeyTags.MoreBranches] = "stale", ["own"] = "kept" };
            var tags = pins.WriteTo(before);
            Assert.All(tags, tag => Assert.InRange(tag.Value.Length, 1, 256));
            Assert.Equal(("kept", "stale"), (tags["own"], before[KeyTags.MoreBranches]));
            var read = BranchPins.Of(LifeOf(tags));
            Assert.Equal(pins.Current, read.Current);
            Assert.Equal(pins.Sealed, read.Sealed);
            Assert.Equal(tags, read.WriteTo(tags));
            Assert.All(Names, name => Assert.Equal(name == current || sealedBranches.Contains(name), read.Contains(name)));
        }, iter: 500);

    [Fact]
    public void SealCurrentAndPin_AnEleventhSealed_SaysToRetireOne()
    {
        var full = Names[1..11].Aggregate(BranchPins.Start(Key, Names[0]), (pins, next) => pins.SealCurrentAndPin(next));
        Assert.Equal(BranchPins.MaxSealed, full.Sealed.Count);

        var refusal = Assert.Throws<ConflictException>(() => full.SealCurrentAndPin(Names[11]));
        Assert.Equal("The key 'archive' has 10 sealed branches, the most there may be; retire one first (byok key rotate archive --branch ID).", refusal.Message);
        Assert.Throws<ConflictException>(() => full.AddSealed(Names[11]));
        Assert.Same(full, full.SealCurrentAndPin(Names[10]));
        Assert.Same(full, full.AddSealed(Names[3]));
        Assert.Equal(10, full.SealCurrentAndPin(Names[3]).Sealed.Count); // a sealed one becomes current: no eleventh
        Assert.Equal(Names[11], full.Retire(Names[0]).SealCurrentAndPin(Names[11]).Current);
    }

    [Fact]
    public void Retire_CurrentBranch_IsRefused()
    {
        var pins = BranchPins.Start(Key, Names[0]).SealCurrentAndPin(Names[1]);

        Assert.Contains("make another one current first", Assert.Throws<ConflictException>(() => pins.Retire(Names[1])).Message, StringComparison.Ordinal);
        Assert.Empty(pins.Retire(Names[0]).Sealed);
        Assert.Equal([Names[0]], pins.Retire(Names[2]).Sealed);
        var refusal = Assert.Throws<IntegrityException>(() => pins.Retire(Names[0]).Require(Names[0]));
        Assert.Equal($"The branch {Names[0]} is not pinned for the key 'archive': it was retired, or never was one of its branches. Nothing is unwrapped.", refusal.Message);
    }

    [Theory]
    [InlineData(KeyTags.Active, 1, KeyTags.Active, 2, 1)]
    [InlineData(KeyTags.Active, 2, KeyTags.Active, 1, 0)]
    [InlineData(KeyTags.Active, 9, KeyTags.Active, 10, 1)] // numbers, not texts
    [InlineData(KeyTags.Active, 1, KeyTags.Pending, 2, 0)]
    [InlineData(KeyTags.Active, 1, "", 2, 0)]
    [InlineData(KeyTags.Active, 1, KeyTags.Replaced, 2, 1)]
    [InlineData(KeyTags.Replaced, 1, KeyTags.Retired, 2, 1)]
    [InlineData(KeyTags.Active, 1, KeyTags.Active, null, 0)]
    [InlineData(KeyTags.Active, null, KeyTags.Active, null, null)]
    [InlineData(KeyTags.Pending, 1, KeyTags.Pending, 2, null)]
    public void Of_VersionsThatPinDifferently_TakesTheProvenOneThatBecameActiveLast(string state, int? activation, string otherState, int? otherActivation, int? expected)
    {
        foreach (var isEnabled in new[] { true, false })
        {
            var versions = new[]
            {
                TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, state, activation, BranchPins.Start(Key, Names[0]), isEnabled),
                TestKeys.Version(TestKeys.NewKeyId, TestKeys.NewPublicKey, otherState, otherActivation, BranchPins.Start(Key, Names[1]), isEnabled),
            };
            foreach (var life in new[] { new KeyLife(Key, versions, null), new KeyLife(Key, [.. versions.Reverse()], null) })
            {
                Assert.Equal(expected is { } index ? Names[index] : null, BranchPins.Find(life)?.Current);
            }
        }
    }

    [Fact]
    public void Of_NoPinsOrUnreadable_IsKeyUnavailableThatSaysSo()
    {
        string Refusal(KeyLife life) => Assert.Throws<KeyUnavailableException>(() => BranchPins.Of(life)).Message;
        KeyLife With(string tag, string value) => LifeOf(new() { [KeyTags.State] = KeyTags.Active, [KeyTags.Activation] = "1", [tag] = value });

        Assert.Equal("No branch of the key 'archive' is pinned in the vault; restore the key, or bring it.", Refusal(LifeOf(new() { [KeyTags.State] = KeyTags.Active, [KeyTags.Activation] = "1" })));
        Assert.Equal("The vault holds no key 'archive'; restore it if it was destroyed, or bring it.", Refusal(new KeyLife(Key, [], null)));
        var deleted = new DeletedVaultKey(LifeOf([]).Versions[0], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(90));
        Assert.Equal("The key 'archive' is deleted in the vault; restore it.", Refusal(new KeyLife(Key, [], deleted)));
        Assert.Equal(
            $"The pinned branches of the key 'archive' cannot be read: the tag byok-branch of {TestKeys.KeyId} is not 1 to 1 branch names, apart by one space; restore the key to write them anew.",
            Refusal(With(KeyTags.Branch, "x")));
        Assert.Contains("name a branch twice", Refusal(With(KeyTags.Branches, $"{Names[0]} {Names[0]}")), StringComparison.Ordinal);
        Assert.Contains("byok-activation", Refusal(With(KeyTags.Activation, "-1")), StringComparison.Ordinal);
        var sealedOnly = BranchPins.Of(With(KeyTags.MoreBranches, $"{Names[0]}"));
        Assert.Contains("no current branch", Assert.Throws<KeyUnavailableException>(sealedOnly.RequireCurrent).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TagOfAnyText_IsReadAsWrittenOrRefused() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 12].Array[0, 7], Gen.Char["  ,=A\0"].Array[0, 2], Gen.Int[0, 300]).Sample((tag, names, noise, at) =>
        {
            var text = string.Join(' ', names.Select(n => Names[n]));
            text = text.Insert(Math.Min(at, text.Length), new string(noise));
            var name = new[] { KeyTags.Branch, KeyTags.Branches, KeyTags.MoreBranches }[tag];
            try
            {
                var pins = BranchPins.Of(LifeOf(new() { [KeyTags.State] = KeyTags.Active, [KeyTags.Activation] = "1", [name] = text }));
                Assert.Equal(text, tag == 0 ? $"{pins.Current}" : string.Join(' ', pins.Sealed));
                Assert.InRange(text.Length, 43, 219);
            }
            catch (KeyUnavailableException)
            {
            }
        }, iter: 3000);

    [Fact]
    public void Misuse_Null_IsNamed()
    {
        var pins = BranchPins.Start(Key, Names[0]);

        Assert.Throws<ArgumentNullException>("current", () => BranchPins.Start(Key, null!));
        Assert.Throws<ArgumentException>("name", () => BranchPins.Start("a b", Names[0]));
        Assert.Throws<ArgumentNullException>("key", () => BranchPins.Find(null!));
        Assert.Throws<ArgumentNullException>("next", () => pins.SealCurrentAndPin(null!));
        Assert.Throws<ArgumentNullException>("branch", () => pins.AddSealed(null!));
        Assert.Throws<ArgumentNullException>("branch", () => pins.Retire(null!));
    }

    private static KeyLife LifeOf(Dictionary<string, string> tags) => new(Key, [TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, true, tags)], null);

    private static BranchPins Apply(BranchPins pins, int operation, BranchName branch) => operation switch
    {
        0 => pins.SealCurrentAndPin(branch),
        1 => pins.AddSealed(branch),
        _ => pins.Retire(branch),
    };

    /// <summary>The same on a plain list; false when it is refused.</summary>
    private static bool Model(int operation, BranchName branch, ref BranchName current, List<BranchName> sealedBranches)
    {
        if (operation == 0 && branch != current)
        {
            if (sealedBranches.Count == 10 && !sealedBranches.Contains(branch))
            {
                return false;
            }

            sealedBranches.Remove(branch);
            sealedBranches.Insert(0, current);
            current = branch;
        }
        else if (operation == 1 && branch != current && !sealedBranches.Contains(branch))
        {
            if (sealedBranches.Count == 10)
            {
                return false;
            }

            sealedBranches.Add(branch);
        }
        else if (operation > 1)
        {
            sealedBranches.Remove(branch);
            return branch != current;
        }

        return true;
    }
}
