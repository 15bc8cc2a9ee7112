using System.Diagnostics;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Crashes;

/// <summary>Waits for the moment to kill a command.</summary>
internal static class KillMoment
{
    /// <summary>After so much of the time that an undisturbed run takes.</summary>
    public static async Task WaitAsync(RunningCommand command, TimeSpan time)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var began = Stopwatch.GetTimestamp();
        while (!command.HasEnded && Stopwatch.GetElapsedTime(began) < time)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>As soon as something is so, or the command has ended.</summary>
    public static async Task WaitAsync(RunningCommand command, Func<Task<bool>> isSo)
    {
        while (!command.HasEnded && !await isSo())
        {
            await Task.Delay(2);
        }
    }
}
