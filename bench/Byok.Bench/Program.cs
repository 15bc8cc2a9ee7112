using System.Diagnostics;
using Byok.Bench;
using Byok.Bench.Benchmarks;
using Byok.Bench.Reporting;
using Byok.Bench.Stack;

Benchmark[] benchmarks =
[
    new("chunks", "Chunk crypto", ChunkCrypto.RunAsync),
    new("client", "Client cost over a null transport", ClientCost.RunAsync),
    new("copy", "Whole copy of a large blob, direct and orchestrated", WholeCopy.RunAsync),
    new("small", "Many small blobs", SmallBlobs.RunAsync),
    new("fanout", "The orchestration by itself", FanOut.RunAsync),
    new("rotation", "Rotation of many small blobs", Rotation.RunAsync),
    new("decrypt", "Decryption", Decryption.RunAsync),
    new("memory", "Memory", MemoryPeak.RunAsync),
    new("plan", "The planner against real runs", PlannerCheck.RunAsync),
];

using var folder = new RunFolder();
if (args is [MemoryPeak.ChildVerb, ..])
{
    return await MemoryPeak.RunChildAsync(args[1..]);
}

BenchOptions options;
try
{
    options = BenchOptions.Parse(args, Path.GetFullPath("docs/BENCHMARKS.md"));
    if (options.Names.FirstOrDefault(name => benchmarks.All(benchmark => benchmark.Name != name)) is { } unknown)
    {
        throw new ArgumentException($"there is no benchmark '{unknown}'");
    }
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine($"error: {exception.Message}");
    Console.Error.WriteLine("usage: ./bench.sh [--rounds N] [--size MiB] [--blobs N] [--long] [--out FILE] [NAME ...]");
    Console.Error.WriteLine($"names: {string.Join(", ", benchmarks.Select(benchmark => benchmark.Name))}; all without a name");
    return 2;
}

var results = new ResultsFile(options.ResultsFile);
var failed = new List<string>();
foreach (var benchmark in benchmarks.Where(benchmark => options.Names.Count == 0 || options.Names.Contains(benchmark.Name)))
{
    Console.WriteLine($"{benchmark.Title} ({benchmark.Name})");
    var facts = MachineFacts.Describe();
    var start = Stopwatch.GetTimestamp();
    var section = new ResultSection(Console.Out);
    try
    {
        await benchmark.RunAsync(options, section);
        var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        results.Replace(benchmark.Name, benchmark.Title,
            $"`./bench.sh {benchmark.Name}` on {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, commit {MachineFacts.Commit()}, {took:0} s. {facts}.\n\n{section.Markdown}");
        Console.WriteLine($"  took {took:0} s\n");
    }
    catch (Exception exception)
    {
        // The others are measured all the same; this one's section stays as it was.
        Console.Error.WriteLine($"  {benchmark.Name} failed: {exception}\n");
        failed.Add(benchmark.Name);
    }
}

if (failed.Count > 0)
{
    Console.Error.WriteLine($"failed: {string.Join(", ", failed)}; run them again with: ./bench.sh {string.Join(' ', failed)}");
    return 1;
}

Console.WriteLine($"results: {options.ResultsFile}");
return 0;
