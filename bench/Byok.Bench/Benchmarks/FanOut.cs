using Byok.Bench.Measuring;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;
using Byok.Client.Records;
using Byok.Client.Writing;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.EncryptBlob;

namespace Byok.Bench.Benchmarks;

/// <summary>What the orchestration of one blob costs by itself, when its activities do nothing: by number of segments, up to the most there can be.</summary>
internal static class FanOut
{
    private static readonly int[] Segments = [1, 16, 256, EnvelopePlan.MaxSegments];

    public static async Task RunAsync(BenchOptions options, ResultSection section)
    {
        var series = new List<Series>();
        foreach (var segments in Segments)
        {
            var engine = await BenchEngine.StartAsync(Activities(segments)).ConfigureAwait(false);
            await using (engine.ConfigureAwait(false))
            {
                series.AddRange(await Rounds.RunAsync(
                    options.Rounds, section.Progress, new Contender($"{segments} segments", () => engine.EncryptAsync("blob", "etag"))).ConfigureAwait(false));
            }
        }

        section.Text("One blob on the embedded engine with its journal on disc; the activities answer at once. What is left is scheduling, journal and replay.");
        section.Table("segments", "wall s", "CPU s", "ms CPU per segment", "blob of segments of 64 MiB");
        foreach (var (one, segments) in series.Zip(Segments))
        {
            section.Row(
                $"{segments}", ResultSection.Format(one.Wall, "0.000"), ResultSection.Format(one.Cpu, "0.000"), ResultSection.Format(1000 * one.Cpu / segments), $"{segments / 16.0:0.##} GiB");
        }

        section.Targets();
        section.AtMost("ms CPU per segment at 1,024 segments; encrypting its 64 MiB takes some 20", 1000 * series[^1].Cpu / Segments[^1], 1.0);
    }

    private static readonly BranchName Branch = BranchName.TryParse(new string('A', 43), out var branch) ? branch : throw new InvalidOperationException();

    private static ActivityDescriptor[] Activities(int segments) =>
    [
        ActivityDescriptor.For(() => new Begin(segments), BeginEncryption.Name),
        ActivityDescriptor.For(() => new Encrypt(), EncryptSegment.Name),
        ActivityDescriptor.For(() => new Commit(), CommitBlob.Name),
        ActivityDescriptor.For(() => new Complete(), CompleteBlob.Name),
    ];

    private sealed class Begin(int segments) : Activity<BeginEncryptionInput, BeginEncryptionResult>
    {
        public override Task<BeginEncryptionResult> RunAsync(BeginEncryptionInput input, CancellationToken cancellationToken) => Task.FromResult(new BeginEncryptionResult(
            new EncryptionPlan("etag", new EnvelopePlan
            {
                OperationId = input.OperationId,
                BlobName = input.Upload.BlobName,
                TargetETag = null,
                Change = BlobChange.Encrypt,
                Replaces = null,
                BlobId = input.BlobId,
                ReplacedWrittenOn = null,
                PlaintextLength = (long)segments * EnvelopePlan.MinChunksPerSegment * EnvelopePlan.StandardChunkSizeInBytes,
                ChunkSizeInBytes = EnvelopePlan.StandardChunkSizeInBytes,
                ChunksPerSegment = EnvelopePlan.MinChunksPerSegment,
                ChunksPerBlock = 1,
                TableInTail = true,
                Branch = Branch,
                Wrapping = new BranchWrapping(new KeyIdentifier(new Uri("https://in-memory.vault.example"), "customer-key", new string('0', 32)), new string('A', 43), new byte[384]),
                SealedDek = new byte[60],
            }),
            null));
    }

    private sealed class Encrypt : Activity<EncryptSegmentInput, SegmentResult>
    {
        public override Task<SegmentResult> RunAsync(EncryptSegmentInput input, CancellationToken cancellationToken) =>
            Task.FromResult(new SegmentResult(input.Segment, new string('0', 2 * BlobId.SizeInBytes), null));
    }

    private sealed class Commit : Activity<CommitBlobInput, BlobState>
    {
        public override Task<BlobState> RunAsync(CommitBlobInput input, CancellationToken cancellationToken) =>
            Task.FromResult(new BlobState(input.Plan.Envelope.BlobId, new string('A', 43), new string('A', 43)));
    }

    private sealed class Complete : Activity<CompleteBlobInput, EncryptBlobResult>
    {
        public override Task<EncryptBlobResult> RunAsync(CompleteBlobInput input, CancellationToken cancellationToken) =>
            Task.FromResult(new EncryptBlobResult(EncryptBlobOutcome.Protected, input.BlobId, null, null, 0, 0, input.Activities, "etag"));
    }
}
