namespace Byok.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    private const long MiB = 1024 * 1024;

    /// <summary>Measured rounds of each contender. Default 5.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Size of the large blob in MiB; null for 1,024, or 256 when the disc is short.</summary>
    public int? SizeInMiB { get; init; }

    /// <summary>Small blobs of the benchmark <c>small</c>. Default 2,000.</summary>
    public int SmallBlobs { get; init; } = 2000;

    /// <summary>Small blobs of the benchmark <c>rotation</c>, against the peer. Default 10,000.</summary>
    public int RotatedBlobs { get; init; } = 10_000;

    /// <summary>Whether what takes tens of minutes or tens of gigabytes is run too.</summary>
    public bool Long { get; init; }

    /// <summary>The file that results are written into.</summary>
    public required string ResultsFile { get; init; }

    /// <summary>Names of the benchmarks; empty for the default set.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>
    /// Size of the large blob in bytes. The emulator keeps what was overwritten for ten minutes, so a run needs room for every copy that it makes.
    /// </summary>
    public long LargeBlobLength => (SizeInMiB ?? (new DriveInfo(Path.GetTempPath()).AvailableFreeSpace > 40_000 * MiB ? 1024 : 256)) * MiB;

    /// <summary>Parses the arguments.</summary>
    /// <exception cref="ArgumentException">One of them means nothing; the message says which.</exception>
    public static BenchOptions Parse(string[] args, string resultsFile)
    {
        var options = new BenchOptions { ResultsFile = resultsFile };
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--rounds" => options with { Rounds = Number(args, ++i, 1) },
                "--size" => options with { SizeInMiB = Number(args, ++i, 8) },
                "--blobs" => Counted(Number(args, ++i, 10)),
                "--out" => options with { ResultsFile = Path.GetFullPath(Value(args, ++i)) },
                "--long" => options with { Long = true },
                ['-', ..] => throw new ArgumentException($"there is no option {args[i]}"),
                _ => Named(args[i]),
            };
        }

        return options with { Names = names };

        BenchOptions Counted(int blobs) => options with { SmallBlobs = blobs, RotatedBlobs = blobs };

        BenchOptions Named(string name)
        {
            names.Add(name);
            return options;
        }
    }

    private static string Value(string[] args, int index) =>
        index < args.Length ? args[index] : throw new ArgumentException($"{args[index - 1]} needs a value");

    private static int Number(string[] args, int index, int least) =>
        int.TryParse(Value(args, index), out var number) && number >= least
            ? number
            : throw new ArgumentException($"{args[index - 1]} takes a number from {least}, not '{args[index]}'");
}
