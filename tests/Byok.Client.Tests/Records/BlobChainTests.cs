using Byok.Client.Records;
using Byok.Core.Ledger;

namespace Byok.Client.Tests.Records;

public sealed class BlobChainTests
{
    private readonly Dictionary<string, int> _moved = [];
    private BlobChain _chain;

    [Fact]
    public void Apply_UploadIntendedAndConfirmed_IsTheBlobsState()
    {
        Upload("a");
        Assert.Equal(BlobStanding.Intended, Standing("a"));
        Confirm("a");
        Assert.Equal(BlobStanding.Confirmed, Standing("a"));
        Assert.Equal(BlobStanding.Unknown, Standing("b"));
    }

    [Fact]
    public void Apply_RewrapConfirmed_LeavesNothingOfTheOlderState()
    {
        Upload("a");
        Confirm("a");
        Rewrap("b", "a");
        Assert.Equal((BlobStanding.Confirmed, BlobStanding.Intended), (Standing("a"), Standing("b")));
        Confirm("b");
        Assert.Equal((BlobStanding.Unknown, BlobStanding.Confirmed), (Standing("a"), Standing("b")));
    }

    [Fact]
    public void Apply_RewrapOfAStateThatIsNotTheBlobs_IsNone()
    {
        Upload("a");
        Confirm("a");
        Upload("b", "a");
        Confirm("b");
        Rewrap("c", "a"); // of an old copy that was put back
        Rewrap("d", "stranger");
        Confirm("c");
        Confirm("d");
        Assert.Equal([BlobStanding.Unknown, BlobStanding.Confirmed, BlobStanding.Unknown, BlobStanding.Unknown], new[] { "a", "b", "c", "d" }.Select(Standing));
        Assert.Empty(_moved);
    }

    [Fact]
    public void Apply_UploadOverAStrangersBlob_IsTheBlobsState()
    {
        Upload("a");
        Confirm("a");
        Upload("b", "stranger");
        Confirm("b");
        Assert.Equal((BlobStanding.Unknown, BlobStanding.Confirmed), (Standing("a"), Standing("b")));
    }

    [Fact]
    public void Apply_ConfirmationThatComesAfterThatOfALaterState_ChangesNothing()
    {
        Upload("a");
        Rewrap("b", "a");
        Confirm("b");
        Confirm("a");
        Assert.Equal((BlobStanding.Unknown, BlobStanding.Confirmed), (Standing("a"), Standing("b")));
    }

    [Fact]
    public void Apply_IntentsOfWhichOneWon_ForgetsTheOthersWithTheNextConfirmation()
    {
        Upload("a");
        Confirm("a");
        Rewrap("b", "a", "one");
        Rewrap("c", "a", "two");
        Confirm("b");
        Assert.Equal((BlobStanding.Confirmed, BlobStanding.Intended), (Standing("b"), Standing("c")));
        Rewrap("d", "b", "one");
        Confirm("d");
        Assert.Equal(BlobStanding.Unknown, Standing("c"));
        Assert.Equal(new Dictionary<string, int> { ["one"] = 2 }, _moved);
    }

    [Fact]
    public void Apply_UnconfirmedStateThatALaterOneReplaced_WasCommittedAndCounts()
    {
        Upload("a");
        Confirm("a");
        Rewrap("b", "a", "dead");
        Rewrap("c", "b", "next");
        Confirm("c");
        Assert.Equal(new Dictionary<string, int> { ["dead"] = 1, ["next"] = 1 }, _moved.OrderBy(pair => pair.Key).ToDictionary());
    }

    [Fact]
    public void Apply_Deleted_LeavesNothingUntilItIsUploadedAnew()
    {
        Upload("a");
        Confirm("a");
        Apply(LedgerKinds.BlobDeleted, "a", null, false, "delete");
        Assert.Equal((BlobStanding.Unknown, null), (Standing("a"), _chain.Confirmed));
        Upload("b");
        Confirm("b");
        Assert.Equal(BlobStanding.Confirmed, Standing("b"));
    }

    [Fact]
    public void Apply_SameEntriesAgain_ChangesNothing()
    {
        Upload("a");
        Upload("a");
        Confirm("a");
        Confirm("a");
        Rewrap("b", "a");
        Confirm("b");
        Rewrap("b", "a");
        Confirm("b");
        Confirm("a");
        Assert.Equal((BlobStanding.Unknown, BlobStanding.Confirmed), (Standing("a"), Standing("b")));
        Assert.Equal(1, _moved["rotate"]);
    }

    private BlobStanding Standing(string state) => _chain.StandingOf(Digest.OfText(state));

    private void Upload(string state, string? replaces = null) => Apply(LedgerKinds.BlobIntended, state, replaces, isDerived: false, "upload");

    private void Rewrap(string state, string replaces, string operation = "rotate") => Apply(LedgerKinds.BlobIntended, state, replaces, isDerived: true, operation);

    private void Confirm(string state) => Apply(LedgerKinds.BlobConfirmed, state, null, isDerived: true, "whoever");

    private void Apply(string kind, string state, string? replaces, bool isDerived, string operation) => _chain.Apply(
        new BlobRecord(kind, "blob", Digest.OfText(state), replaces is null ? null : Digest.OfText(replaces), isDerived, operation, DateTimeOffset.UnixEpoch),
        moved => _moved[moved] = _moved.GetValueOrDefault(moved) + 1);
}
