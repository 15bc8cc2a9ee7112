namespace Byok.Bench.Measuring;

/// <summary>One way of doing the job that all contenders of a measurement do.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="RunAsync">Does the job once.</param>
/// <param name="CleanAsync">Puts things back after a run, unmeasured; null when there is nothing to put back.</param>
internal sealed record Contender(string Name, Func<Task> RunAsync, Func<Task>? CleanAsync = null);
