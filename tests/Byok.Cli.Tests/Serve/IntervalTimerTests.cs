using Byok.Cli.Serve;
using Byok.Core.Errors;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Cli.Tests.Serve;

public sealed class IntervalTimerTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon.AddMinutes(7).AddSeconds(3));
    private readonly List<DateTimeOffset> _done = [];
    private readonly List<string> _failures = [];

    [Theory]
    [InlineData(1, 7)]
    [InlineData(5, 5)]
    [InlineData(60, 0)]
    [InlineData(7 * 60, -4 * 60)]
    [InlineData(24 * 60, -12 * 60)]
    public void LastDue_AnyStart_IsTheSameMultipleInUtc(int intervalInMinutes, int minutesAfterNoon) =>
        Assert.Equal(Noon.AddMinutes(minutesAfterNoon), new IntervalTimer(TimeSpan.FromMinutes(intervalInMinutes), _time).LastDue);

    [Fact]
    public void Constructor_LessThanAMinute_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntervalTimer(TimeSpan.FromSeconds(59), _time));

    [Fact]
    public async Task Run_ForAnHour_ActsOnceForEachDueTimeAndOnceForTheOneThatPassed()
    {
        await RunAsync(TimeSpan.FromMinutes(20), _ => { }, async () =>
        {
            for (var step = 0; step < 120; step++)
            {
                await AdvanceAsync(TimeSpan.FromSeconds(30));
            }
        });

        Assert.Equal([Noon, Noon.AddMinutes(20), Noon.AddMinutes(40), Noon.AddMinutes(60)], _done);
    }

    [Fact]
    public async Task Run_MachineSleptOverSeveral_MakesUpForTheLastOnly()
    {
        await RunAsync(TimeSpan.FromMinutes(20), _ => { }, () => AdvanceAsync(TimeSpan.FromHours(5)));
        Assert.Equal([Noon, Noon.AddHours(5)], _done);
    }

    [Fact]
    public async Task Run_TransientFailure_IsToldAndTriedAgainWithinAMinute()
    {
        var failures = 2;
        void Act(DateTimeOffset due)
        {
            if (failures-- > 0)
            {
                throw new ServiceUnavailableException("Not now.");
            }
        }

        await RunAsync(TimeSpan.FromHours(24), Act, async () =>
        {
            await AdvanceAsync(TimeSpan.FromMinutes(1));
            await AdvanceAsync(TimeSpan.FromMinutes(1));
            await AdvanceAsync(TimeSpan.FromMinutes(1));
        });

        Assert.Equal(["Not now.", "Not now."], _failures);
        Assert.Single(_done);
    }

    [Fact]
    public async Task Run_PermanentFailure_IsToldOnceAndTriedAtTheNextDueTime()
    {
        await RunAsync(TimeSpan.FromMinutes(20), due => throw new ConflictException($"No: {due:HH:mm}."), async () =>
        {
            for (var minute = 0; minute < 20; minute++)
            {
                await AdvanceAsync(TimeSpan.FromMinutes(1));
            }
        });

        Assert.Equal(["No: 12:00.", "No: 12:20."], _failures);
    }

    private async Task RunAsync(TimeSpan interval, Action<DateTimeOffset> act, Func<Task> pass)
    {
        using var stopping = new CancellationTokenSource();
        Task ActAsync(DateTimeOffset due)
        {
            act(due);
            _done.Add(due);
            return Task.CompletedTask;
        }

        var running = new IntervalTimer(interval, _time).RunAsync(ActAsync, exception => _failures.Add(exception.Message), stopping.Token);
        await pass();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>The fake clock runs what waits for it, but what comes after an await may run elsewhere: let it.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        await Task.Delay(2);
    }
}
