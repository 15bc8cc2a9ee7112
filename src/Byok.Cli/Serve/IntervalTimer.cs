using Byok.Core.Errors;

namespace Byok.Cli.Serve;

/// <summary>
/// Calls an action once for each due time. Due times are the whole multiples of the interval in UTC (a day: each midnight), not counted from
/// the start, so they are the same after a restart, and an operation whose id is made of one is started once for it. The one that passed last
/// is due at once: what was missed while nobody ran is made up for, once.
/// </summary>
/// <param name="interval">Time between two due times, at least one minute.</param>
public sealed class IntervalTimer(TimeSpan interval, TimeProvider time)
{
    /// <summary>Shortest interval.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMinutes(1);

    /// <summary>Longest sleep, so that a clock that was set and a machine that slept are noticed; also how soon a failed action is tried again.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _interval = interval >= MinInterval
        ? interval
        : throw new ArgumentOutOfRangeException(nameof(interval), interval, "An interval is at least one minute.");

    /// <summary>The due time that passed last.</summary>
    public DateTimeOffset LastDue
    {
        get
        {
            var now = time.GetUtcNow().UtcTicks;
            return new DateTimeOffset(now - (now % _interval.Ticks), TimeSpan.Zero);
        }
    }

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="action">What to do at a due time; given that time.</param>
    /// <param name="onFailure">Told of an action's failure. A transient one is tried again soon, another one at the next due time.</param>
    public async Task RunAsync(Func<DateTimeOffset, Task> action, Action<ByokException> onFailure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(onFailure);
        var done = DateTimeOffset.MinValue;
        while (true)
        {
            var due = LastDue;
            if (due > done && await TryAsync(() => action(due), onFailure).ConfigureAwait(false))
            {
                done = due;
            }

            var untilNext = due + _interval - time.GetUtcNow();
            var sleep = untilNext < LongestSleep ? untilNext : LongestSleep;
            await Task.Delay(sleep > TimeSpan.Zero ? sleep : TimeSpan.Zero, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> TryAsync(Func<Task> action, Action<ByokException> onFailure)
    {
        try
        {
            await action().ConfigureAwait(false);
            return true;
        }
        catch (ByokException exception)
        {
            onFailure(exception);
            return exception is not TransientByokException;
        }
    }
}
