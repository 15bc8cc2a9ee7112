using Byok.Cli.Planning;
using Byok.Pipeline;
using CsCheck;

namespace Byok.Cli.Tests.Planning;

public sealed class OperationPlannerTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Plan_AnyNumberOfBlobs_RotationAndRestoreAskForTheSame(int keySize)
    {
        var few = new PlannedWork { Blobs = 10, Bytes = 40_960, KeySizeInBits = keySize };
        foreach (var many in new[] { few with { Blobs = 1_000_000, Bytes = 4_096_000_000 }, few with { Blobs = 1_000_000_000, Bytes = 1L << 52 } })
        {
            Assert.Equal(DemandModel.Rotate(few), DemandModel.Rotate(many));
            Assert.Equal(DemandModel.Restore(few), DemandModel.Restore(many));
            Assert.Equal(Plan(few)[1].Time, Plan(many)[1].Time);
        }

        var rotation = Plan(few)[1];
        Assert.Equal("activities of one orchestration in a row", rotation.LimitedBy.Name);
        Assert.Equal(ServiceLimits.DurableSource, rotation.LimitedBy.Source);
        Assert.InRange(rotation.Time.TotalSeconds, 0.1, 5);
    }

    [Fact]
    public void Plan_AnyNumberOfBlobs_VaultIsAskedByTheWorkerAndNotByTheBlob()
    {
        foreach (var blobs in new[] { 1L, 1_000, 1_000_000 })
        {
            var forecasts = Plan(new PlannedWork { Blobs = blobs, Bytes = blobs * 4096, Workers = 3 });

            Assert.Equal([3, 3, 3, 4], forecasts.Select(forecast => forecast.Demand.VaultUnwraps));
            Assert.All(forecasts, forecast => Assert.DoesNotContain("unwraps", forecast.LimitedBy.Name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Plan_FewLargeBlobs_WorkersLimitEncryptionUntilThereAreEnough()
    {
        var work = new PlannedWork { Blobs = 100, Bytes = 100L * 1024 * 1024 * MiB };

        var few = Plan(work with { Workers = 1 })[0];
        var many = Plan(work with { Workers = 100 })[0];

        Assert.StartsWith("bytes through", few.LimitedBy.Name, StringComparison.Ordinal);
        Assert.Null(few.LimitedBy.Source);
        Assert.Equal("bytes into the storage account", many.LimitedBy.Name);
        Assert.InRange(many.Time.TotalSeconds, 100 * 1024 * MiB * 1024 / 3.125e9, 1.001 * 100 * 1024 * MiB * 1024 / 3.125e9);
    }

    [Fact]
    public void Plan_SmallBlobs_EncryptionIsLimitedByTheTaskHub()
    {
        var encryption = Plan(new PlannedWork { Blobs = 100_000, Bytes = 409_600_000 })[0];

        Assert.Equal("activities through the task hub's queue", encryption.LimitedBy.Name);
        Assert.Equal(TimeSpan.FromSeconds(50), encryption.Time);
    }

    [Fact]
    public void Plan_HighLatency_LimitsTheRetirementOfABranch()
    {
        var retirement = Plan(new PlannedWork { Blobs = 1_000_000, Bytes = 0, KeySizeInBits = 2048, RewrapLatency = TimeSpan.FromSeconds(1) })[2];

        Assert.StartsWith("DEKs sealed anew", retirement.LimitedBy.Name, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(62_500), retirement.Time);
    }

    [Theory]
    [InlineData(0, 0, 1, 5)] // empty: a look at the upload, the write, two looks at what has no first chunk to read, disposal
    [InlineData(1, 1, 1, 5)] // a look at the upload, its chunk read, the write, what was written read, disposal
    [InlineData((4 * MiB) + 1, 2, 1, 11)]
    [InlineData((64 * MiB) + 1, 17, 5, 42)] // two segments, table in metadata
    [InlineData(1024 * MiB, 256, 19, 537)] // sixteen segments, table in the tail
    public void Encrypt_OneBlob_CountsItsSteps(long length, int chunks, int activities, int requests)
    {
        var demand = DemandModel.Encrypt(new PlannedWork { Blobs = 1, Bytes = length });

        Assert.Equal(chunks, (length + (4 * MiB) - 1) / (4 * MiB));
        Assert.Equal(activities, demand.Activities);
        Assert.Equal(requests, demand.StorageRequests);
        Assert.Equal(1, demand.VaultUnwraps);
    }

    [Fact]
    public void Encrypt_AllVerified_ReadsEveryChunkAgain()
    {
        var work = new PlannedWork { Blobs = 10, Bytes = 10 * 40 * MiB };

        var sample = DemandModel.Encrypt(work);
        var all = DemandModel.Encrypt(work with { Verification = VerificationScope.All });

        Assert.Equal(sample.StorageRequests + (10 * 7), all.StorageRequests);
        Assert.Equal(2 * work.Bytes, all.BytesOut);
    }

    [Fact]
    public void Encrypt_MoreWorkers_UnwrapOnceEach()
    {
        var work = new PlannedWork { Blobs = 2, Bytes = 2 * 256 * MiB };

        Assert.Equal(1, DemandModel.Encrypt(work).VaultUnwraps);
        Assert.Equal(4, DemandModel.Encrypt(work with { Workers = 4 }).VaultUnwraps);
    }

    [Fact]
    public void RotateAndRestore_AnyBlobs_TouchNone()
    {
        var work = new PlannedWork { Blobs = 5_000, Bytes = 0 };
        foreach (var demand in new[] { DemandModel.Rotate(work), DemandModel.Restore(work) })
        {
            Assert.Equal(0, demand.StorageRequests);
            Assert.Equal(0, demand.Rewraps);
            Assert.Equal(1, demand.VaultCreations); // the KEK of the bring
        }
    }

    [Theory]
    [InlineData(1, 1 + 2 + 1)]
    [InlineData(500, 500 + 2 + 1)]
    [InlineData(501, 501 + 4 + 1)]
    [InlineData(5_000, 5_000 + 20 + 1)]
    [InlineData(5_001, 5_001 + 22 + 2)]
    public void Retire_Blobs_WritesEachOnceAndListsTwice(long blobs, long requests)
    {
        var demand = DemandModel.Retire(new PlannedWork { Blobs = blobs, Bytes = 0 });

        Assert.Equal(requests, demand.StorageRequests);
        Assert.Equal(blobs, demand.Rewraps);
        Assert.Equal((2 * blobs) + 2, demand.LedgerAppendsAtMost);
        Assert.Equal(0, demand.VaultCreations);
    }

    [Fact]
    public void Plan_MoreOfAnything_NeverTakesLess() =>
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Long[0, 1L << 44], Gen.Int[1, 50]).Sample((blobs, bytes, workers) =>
        {
            // So that the average stays what a blob can hold, and exact.
            var work = new PlannedWork { Blobs = blobs, Bytes = bytes / blobs * blobs, Workers = workers };
            var more = work with { Blobs = work.Blobs * 2, Bytes = work.Bytes * 2 };
            foreach (var (one, two) in Plan(work).Zip(Plan(more)))
            {
                Assert.True(two.Time >= one.Time);
                Assert.Equal(one.Bottlenecks.Max(limit => limit.Time), one.Time);
            }
        }, iter: 200);

    [Theory]
    [InlineData(0, 0, 3072, 1)]
    [InlineData(1, -1, 3072, 1)]
    [InlineData(1, 1, 1024, 1)]
    [InlineData(1, 1, 3072, 0)]
    [InlineData(1, (4L << 40) + 1, 3072, 1)]
    public void Plan_Nonsense_IsRefused(long blobs, long bytes, int keySize, int workers) =>
        Assert.Throws<ArgumentException>(() => Plan(new PlannedWork { Blobs = blobs, Bytes = bytes, KeySizeInBits = keySize, Workers = workers }));

    private static IReadOnlyList<OperationForecast> Plan(PlannedWork work) => OperationPlanner.Plan(work);
}
