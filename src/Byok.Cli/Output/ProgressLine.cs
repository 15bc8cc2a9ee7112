using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Byok.Cli.Output;

/// <summary>
/// Shows how far a long piece of work is: a bar when a person watches, and otherwise a plain line when it begins a new stage
/// and at most every five seconds. Silent for work that is over before anyone could read it.
/// </summary>
internal sealed class ProgressLine(Terminal terminal, string title)
{
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private TimeSpan _lastLine = TimeSpan.Zero;
    private string? _stage;

    /// <summary>Runs the work with progress in view.</summary>
    public static async Task<T> RunAsync<T>(Terminal terminal, string title, Func<Action<string, long, long>, Task<T>> work)
    {
        if (!terminal.IsWatched)
        {
            var line = new ProgressLine(terminal, title);
            return await work(line.Report).ConfigureAwait(false);
        }

        return await terminal.Progress.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Terminal.Cell(title), maxValue: 1).IsIndeterminate();
                return await work((stage, done, total) =>
                {
                    task.Description = Terminal.Cell($"{title}: {stage}");
                    if (total > 0)
                    {
                        task.IsIndeterminate(false);
                        task.MaxValue = total;
                        task.Value = done;
                    }
                }).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    private void Report(string stage, long done, long total)
    {
        var now = _elapsed.Elapsed;
        var isNewStage = stage != _stage;
        _stage = stage;
        if (!isNewStage && now - _lastLine < TimeSpan.FromSeconds(5))
        {
            return;
        }

        _lastLine = now;
        var share = total > 0 && done > 0 ? string.Create(CultureInfo.InvariantCulture, $" {100.0 * done / total:0} %") : string.Empty;
        terminal.Note($"{title}: {stage}{share}");
    }
}
