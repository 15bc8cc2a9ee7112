using System.Diagnostics;
using System.Globalization;

namespace Byok.Testing.Core.Fuzzing;

/// <summary>
/// Feeds a parser with its corpus (<c>tests/fuzz/TARGET/*</c>) and with mutations of it. The parser may take an input or refuse it in the way
/// that the test calls right; anything else, and any appetite for memory, fails with what is needed to repeat it.
/// </summary>
public static class Fuzzer
{
    /// <summary>Mutated inputs in the normal run of a target.</summary>
    public const int FewInputs = 3_000;

    private const long MaxAllocation = 64L * 1024 * 1024;

    /// <summary>Mutated inputs in the long run: the environment's <c>BYOK_FUZZ_INPUTS</c>, else a million.</summary>
    public static int ManyInputs { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("BYOK_FUZZ_INPUTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1_000_000;

    public static void Run(string target, int inputs, Action<byte[]> parse, Func<Exception, bool> isRefusal) => RunAsync(
        target, inputs,
        input =>
        {
            parse(input);
            return Task.CompletedTask;
        },
        isRefusal).GetAwaiter().GetResult();

    public static async Task RunAsync(string target, int inputs, Func<byte[], Task> parse, Func<Exception, bool> isRefusal)
    {
        var seeds = Load(target);
        foreach (var (file, input) in seeds)
        {
            await FeedAsync($"{target}/{file}", input, parse, isRefusal);
        }

        // The normal run repeats itself; the long one looks somewhere else each time.
        var run = Environment.GetEnvironmentVariable("BYOK_FUZZ_SEED") ?? (inputs > FewInputs ? Guid.NewGuid().ToString("N")[..8] : "byok");
        var contents = seeds.ConvertAll(seed => seed.Input);
        var slowest = TimeSpan.Zero;
        for (var number = 0; number < inputs; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{run}/{target}/{number}");
            var stream = new FuzzStream(name);
            var input = Mutation.Apply(stream, stream.Pick(contents), contents);
            var began = Stopwatch.GetTimestamp();
            await FeedAsync($"{name} (BYOK_FUZZ_SEED={run})", input, parse, isRefusal);
            var took = Stopwatch.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
        }

        Console.WriteLine(FormattableString.Invariant($"fuzz {target}: {seeds.Count} files, {inputs} mutations of seed {run}, slowest {slowest.TotalMilliseconds:0} ms"));
    }

    private static async Task FeedAsync(string name, byte[] input, Func<byte[], Task> parse, Func<Exception, bool> isRefusal)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isThreadsOwn = true;
        try
        {
            var parsing = parse(input);
            isThreadsOwn = parsing.IsCompleted; // what is counted is a thread's, and while a parser waits its thread works for others
            await parsing;
        }
        catch (Exception exception) when (isRefusal(exception))
        {
            // As it should be.
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{name}: {exception.GetType().Name}: {exception.Message}\nkeep it in the corpus, base64: {Show(input)}", exception);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > MaxAllocation && isThreadsOwn)
        {
            throw new InvalidOperationException($"{name}: allocated {allocated} bytes for an input of {input.Length}: {Show(input)}");
        }
    }

    private static string Show(byte[] input) => Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 12_000)));

    /// <summary>One file of a corpus.</summary>
    public static byte[] Read(string target, string file) => File.ReadAllBytes(Path.Combine(FolderOf(target), file));

    private static List<(string Name, byte[] Input)> Load(string target)
    {
        var files = Directory.GetFiles(FolderOf(target)).Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))).ToList();
        return files.Count > 0 ? files : throw new InvalidOperationException($"The corpus of '{target}' is empty.");
    }

    private static string FolderOf(string target)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ByokFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("Run the tests inside the repository."), "tests", "fuzz", target);
    }
}
