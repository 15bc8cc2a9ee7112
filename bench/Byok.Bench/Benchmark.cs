using Byok.Bench.Reporting;

namespace Byok.Bench;

/// <summary>A named measurement.</summary>
/// <param name="Name">Its name on the command line, and its section in the results.</param>
/// <param name="Title">The section's title.</param>
/// <param name="RunAsync">Measures, and writes what came out into the section.</param>
internal sealed record Benchmark(string Name, string Title, Func<BenchOptions, ResultSection, Task> RunAsync);
