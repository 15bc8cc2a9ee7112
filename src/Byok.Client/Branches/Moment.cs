namespace Byok.Client.Branches;

/// <summary>
/// A moment by two clocks. The wall clock goes on while the machine is suspended, but may be set back; the other one is never set, but may stand still. What is
/// kept for a time is over when either says so.
/// </summary>
internal readonly record struct Moment(TimeProvider Time, DateTimeOffset On, long Timestamp)
{
    public static Moment Now(TimeProvider time) => new(time, time.GetUtcNow(), time.GetTimestamp());

    /// <summary>Whether less than that has passed since.</summary>
    public bool IsWithin(TimeSpan span)
    {
        var byWall = Time.GetUtcNow() - On;
        return byWall < span && byWall > -span && Time.GetElapsedTime(Timestamp) < span;
    }
}
