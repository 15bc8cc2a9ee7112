using Byok.Cli.Planning;
using Byok.Pipeline;
using CsCheck;

namespace Byok.Cli.Tests.Planning;

public sealed class OperationPlannerTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(2048, 5_000)]
    [InlineData(3072, 20_000)]
    [InlineData(4096, 40_000)]
    public void Plan_MillionSmallBlobs_VaultLimitsRotation(int keySize, int seconds)
    {
        var rotation = Plan(new PlannedWork { Blobs = 1_000_000, Bytes = 4_096_000_000, KeySizeInBits = keySize, RewrapLatency = TimeSpan.FromMilliseconds(1) })[1];

        Assert.StartsWith("unwraps by the vault", rotation.LimitedBy.Name, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(seconds), rotation.Time);
        Assert.Equal(ServiceLimits.KeyVaultSource, rotation.LimitedBy.Source);
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
    public void Plan_SmallBlobs_EncryptionIsLimitedByItsVerification()
    {
        var encryption = Plan(new PlannedWork { Blobs = 100_000, Bytes = 409_600_000 })[0];

        Assert.Equal(100_000, encryption.Demand.VaultUnwraps);
        Assert.Equal(TimeSpan.FromSeconds(2_000), encryption.Time);
    }

    [Fact]
    public void Plan_HighLatency_LimitsRotation()
    {
        var rotation = Plan(new PlannedWork { Blobs = 1_000_000, Bytes = 0, KeySizeInBits = 2048, RewrapLatency = TimeSpan.FromSeconds(1) })[1];

        Assert.StartsWith("rewraps", rotation.LimitedBy.Name, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(62_500), rotation.Time);
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
    public void Encrypt_MoreWorkers_UnwrapForTheirSegments()
    {
        var work = new PlannedWork { Blobs = 2, Bytes = 2 * 256 * MiB };

        Assert.Equal(2, DemandModel.Encrypt(work).VaultUnwraps);
        Assert.Equal(2 * 4, DemandModel.Encrypt(work with { Workers = 4 }).VaultUnwraps);
        Assert.Equal(2 * 6, DemandModel.Encrypt(work with { Workers = 1000 }).VaultUnwraps); // four segments and the commit
    }

    [Fact]
    public void Plan_Restore_NeedsNoPassAfterGrace()
    {
        var work = new PlannedWork { Blobs = 5_000, Bytes = 0 };

        Assert.Equal(5_000 + 30 + 1, DemandModel.Rotate(work).StorageRequests);
        Assert.Equal(5_000 + 20 + 3, DemandModel.Restore(work).StorageRequests);
        Assert.Equal(1, DemandModel.Restore(work).VaultCreations);
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
