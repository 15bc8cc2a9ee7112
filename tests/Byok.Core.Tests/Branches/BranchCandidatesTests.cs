using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Tests.Envelope;

namespace Byok.Core.Tests.Branches;

/// <summary>The vectors have the reader's rule, case by case; here is what they cannot show: order, number and class of what is asked of the vault.</summary>
public sealed class BranchCandidatesTests
{
    private static readonly BranchName Branch = TestKeys.Branch.Name;
    private static readonly BranchPins Pins = BranchPins.Start("archive", Branch);
    private static readonly BranchWrapping ByOld = TestKeys.Wrapping;
    private static readonly BranchWrapping ByNew = TestKeys.Branch.WrapWith(TestKeys.NewKeyId, TestKeys.NewPublicKey);

    [Fact]
    public void InOrder_RecordAndCopyUnderTwoVersions_AreEnabledFirstThenNewestThenRecord()
    {
        var copy = TestKeys.Branch.WrapWith(TestKeys.KeyId, TestKeys.PublicKey);
        var record = new BranchRecord("archive", Branch, [ByNew, ByOld]);

        IEnumerable<(KeyIdentifier, byte[])> Order(bool isOldEnabled, bool isNewEnabled) =>
            BranchCandidates.Of(Life(Old(KeyTags.Retired, isOldEnabled), New(isNewEnabled)), Branch, copy, record, TestKeys.Accepted)
                .InOrder.Select(candidate => (candidate.Version, candidate.WrappedKey.ToArray()));

        var (ofNew, ofOld, ofCopy) = ((TestKeys.NewKeyId, ByNew.WrappedKey.ToArray()), (TestKeys.KeyId, ByOld.WrappedKey.ToArray()), (TestKeys.KeyId, copy.WrappedKey.ToArray()));
        Assert.Equal([ofNew, ofOld, ofCopy], Order(true, true));
        Assert.Equal([ofNew, ofOld, ofCopy], Order(false, false));
        Assert.Equal([ofOld, ofCopy, ofNew], Order(true, false));
    }

    [Fact]
    public void InOrder_CopyThatTheRecordHas_IsThereOnce()
    {
        var candidates = BranchCandidates.Of(TestKeys.Life, Branch, ByOld, new BranchRecord("archive", Branch, [ByOld]), TestKeys.Accepted);

        Assert.Single(candidates.InOrder);
    }

    [Fact]
    public void InOrder_NoBlobYet_IsWhatTheRecordHas() =>
        Assert.Single(BranchCandidates.Of(TestKeys.Life, Branch, null, new BranchRecord("archive", Branch, [ByOld]), TestKeys.Accepted).InOrder);

    [Fact]
    public void Of_KeyNotAcceptedOrBranchNotPinned_RefusesInThatOrderBeforeAnythingIsUnwrapped()
    {
        var stranger = TestKeys.BranchOf("stranger");
        var nothing = new KeyLife("archive", [], null);

        Assert.Equal(
            "The key 'archive' is not accepted here, so nothing is unwrapped with it. If it is one of yours, add it to the accepted keys.",
            Assert.Throws<IntegrityException>(() => BranchCandidates.Of(nothing, stranger.Name, ByOld, null, new AcceptedKeys(["other"]))).Message);
        Assert.Throws<KeyUnavailableException>(() => BranchCandidates.Of(nothing, stranger.Name, ByOld, null, TestKeys.Accepted));
        Assert.Throws<IntegrityException>(() => BranchCandidates.Of(TestKeys.Life, stranger.Name, ByOld, null, TestKeys.Accepted));
        Assert.False(new AcceptedKeys(["archive"]).Contains("Archive"));
    }

    [Fact]
    public async Task UnwrapAsync_OneBadOneUnavailableOneRight_TriesThemInOrderAndZeroesWhatItGot()
    {
        using var other = BranchKey.Generate();
        var bad = other.WrapWith(TestKeys.NewKeyId, TestKeys.NewPublicKey);
        var copy = TestKeys.Branch.WrapWith(TestKeys.KeyId, TestKeys.PublicKey);
        var candidates = BranchCandidates.Of(
            Life(Old(KeyTags.Retired, true), New(true)), Branch, copy, new BranchRecord("archive", Branch, [bad, ByOld]), TestKeys.Accepted);
        byte[] wrong = other.Bytes.ToArray(), right = TestKeys.Branch.Bytes.ToArray();
        var answers = new Queue<Func<byte[]>>([() => wrong, () => throw new KeyUnavailableException("Disabled."), () => right]);

        using var branch = await candidates.UnwrapAsync((_, _, _) => Task.FromResult(answers.Dequeue()()), CancellationToken.None);

        Assert.Equal(TestKeys.Branch.Bytes, branch.Bytes);
        Assert.Equal(new byte[32], wrong);
        Assert.Equal(new byte[32], right);
    }

    [Theory]
    [InlineData("bad", "bad", false)]
    [InlineData("bad", "unavailable", true)]
    [InlineData("unavailable", "bad", true)]
    [InlineData("unavailable", "unavailable", true)]
    public async Task UnwrapAsync_NoneServes_IsKeyUnavailableWhenOneMight(string first, string second, bool isUnavailable)
    {
        var answers = new Queue<string>([first, second]);
        var candidates = BranchCandidates.Of(Life(Old(KeyTags.Retired, true), New(true)), Branch, ByOld, new BranchRecord("archive", Branch, [ByNew]), TestKeys.Accepted);

        var refusal = await Record.ExceptionAsync(() => candidates.UnwrapAsync(
            (id, _, _) => throw (answers.Dequeue() == "bad" ? new IntegrityException("Garbage.") : new KeyUnavailableException($"{id} is disabled.")), CancellationToken.None));

        Assert.Empty(answers);
        Assert.IsType(isUnavailable ? typeof(KeyUnavailableException) : typeof(IntegrityException), refusal);
        Assert.Contains($"{Branch}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnwrapAsync_VaultThatDoesNotAnswer_IsNoReasonToTryAnother()
    {
        var asked = 0;
        var candidates = BranchCandidates.Of(Life(Old(KeyTags.Retired, true), New(true)), Branch, ByOld, new BranchRecord("archive", Branch, [ByNew]), TestKeys.Accepted);

        await Assert.ThrowsAsync<ServiceUnavailableException>(() => candidates.UnwrapAsync(
            (_, _, _) =>
            {
                asked++;
                throw new ServiceUnavailableException("No answer.");
            },
            CancellationToken.None));

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task UnwrapAsync_NothingToUnwrap_SaysTheWayBack()
    {
        var candidates = BranchCandidates.Of(Life(Old(KeyTags.Replaced, false), New(true)), Branch, ByOld, null, TestKeys.Accepted);

        var refusal = await Assert.ThrowsAsync<KeyUnavailableException>(() => candidates.UnwrapAsync((_, _, _) => throw new InvalidOperationException(), CancellationToken.None));

        Assert.Equal(
            $"The key of branch {Branch} is not wrapped by any version of 'archive' that is in use in the vault; restore the key, or make the branch's record anew (byok branch rebuild archive).", refusal.Message);
        var neither = BranchCandidates.Of(TestKeys.Life, Branch, null, null, TestKeys.Accepted);
        await Assert.ThrowsAsync<KeyUnavailableException>(() => neither.UnwrapAsync((_, _, _) => throw new InvalidOperationException(), CancellationToken.None));
    }

    [Fact]
    public void Of_VersionWithoutAnRsaKey_IsNoCandidate()
    {
        var elliptic = TestKeys.Version(TestKeys.KeyId, null, true, Old(KeyTags.Active, true).Tags);

        Assert.Empty(BranchCandidates.Of(Life(elliptic), Branch, ByOld, null, TestKeys.Accepted).InOrder);
    }

    [Fact]
    public void Of_PartsThatDoNotBelongTogether_IsMisuse()
    {
        var other = new KeyLife("other", [], null);
        var record = new BranchRecord("archive", TestKeys.BranchOf("other").Name, [ByOld]);

        Assert.Throws<ArgumentException>("key", () => BranchCandidates.Of(other, Branch, ByOld, null, TestKeys.Accepted));
        Assert.Throws<ArgumentException>("key", () => BranchCandidates.Of(TestKeys.Life, Branch, ByOld, record, TestKeys.Accepted));
        Assert.Throws<ArgumentException>("key", () => BranchCandidates.Of(other, Branch, null, new BranchRecord("archive", Branch, [ByOld]), TestKeys.Accepted));
        Assert.Throws<ArgumentNullException>("key", () => BranchCandidates.Of(null!, Branch, ByOld, null, TestKeys.Accepted));
        Assert.Throws<ArgumentNullException>("branch", () => BranchCandidates.Of(TestKeys.Life, null!, ByOld, null, TestKeys.Accepted));
        Assert.Throws<ArgumentNullException>("accepted", () => BranchCandidates.Of(TestKeys.Life, Branch, ByOld, null, null!));
    }

    private static KeyLife Life(params VaultKey[] versions) => new("archive", versions, null);

    private static VaultKey Old(string state, bool isEnabled) => TestKeys.Version(TestKeys.KeyId, TestKeys.PublicKey, state, 1, Pins, isEnabled);

    private static VaultKey New(bool isEnabled) => TestKeys.Version(TestKeys.NewKeyId, TestKeys.NewPublicKey, KeyTags.Active, 2, Pins, isEnabled);
}
