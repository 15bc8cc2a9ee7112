using Byok.Pipeline;

namespace Byok.Cli.Planning;

/// <summary>What is to be protected, and with what. Members that Microsoft publishes no figure for say that they are assumed.</summary>
public sealed record PlannedWork
{
    /// <summary>Number of blobs. They are taken to be of one size.</summary>
    public required long Blobs { get; init; }

    /// <summary>Plaintext bytes of all blobs together.</summary>
    public required long Bytes { get; init; }

    /// <summary>Size of the wrapping key in bits: 2048, 3072 or 4096. Default 3072.</summary>
    public int KeySizeInBits { get; init; } = 3072;

    /// <summary>Instances of the app that work at a time. Default 1.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Assumed: plaintext bytes that one instance reads, encrypts and writes a second. Default 100 million; measure your own.</summary>
    public double WorkerBytesPerSecond { get; init; } = 100e6;

    /// <summary>Assumed: one write of metadata, there and back. Default 60 ms; measure your own.</summary>
    public TimeSpan RewrapLatency { get; init; } = TimeSpan.FromMilliseconds(60);

    /// <summary>How much of a new blob is read back. Default <see cref="VerificationScope.Sample"/>.</summary>
    public VerificationScope Verification { get; init; } = VerificationScope.Sample;

    /// <summary>What happens to the plaintext. Default <see cref="PlaintextDisposal.Delete"/>.</summary>
    public PlaintextDisposal Disposal { get; init; } = PlaintextDisposal.Delete;

    /// <summary>Blobs on a page of a retirement, 1 to 5,000. Default 500.</summary>
    public int BlobsPerPage { get; init; } = 500;

    /// <summary>Throws when a member means nothing.</summary>
    /// <exception cref="ArgumentException">One does; the message says which.</exception>
    internal void Validate()
    {
        Check(Blobs >= 1, "There must be at least one blob.");
        Check(Bytes >= 0, "The bytes of all blobs together cannot be negative.");
        Check(Bytes / Blobs <= Byok.Client.Writing.EnvelopePlan.MaxPlaintextLength, $"A blob holds at most {Byok.Client.Writing.EnvelopePlan.MaxPlaintextLength} bytes; these would be larger on average.");
        Check(Workers >= 1, "There must be at least one worker.");
        Check(WorkerBytesPerSecond > 0, "A worker must do more than 0 bytes a second.");
        Check(RewrapLatency > TimeSpan.Zero, "The latency must be more than 0.");
        Check(BlobsPerPage is >= 1 and <= 5000, "A page holds 1 to 5,000 blobs.");
        _ = ServiceLimits.HsmKeyOperationsPerSecond(KeySizeInBits);
    }

    private static void Check(bool holds, string sentence)
    {
        if (!holds)
        {
            throw new ArgumentException(sentence);
        }
    }
}
