using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Tests.Api;

namespace Byok.Pipeline.Tests.AuditKeys;

public sealed class DueAuditsTests
{
    [Fact]
    public async Task Start_SameDueTimeInAnyZone_IsOneOperation()
    {
        var client = new RecordingClient();
        var due = new DateTimeOffset(2030, 1, 2, 23, 30, 0, TimeSpan.Zero);

        var first = await new DueAudits(client).StartAsync(due, default);
        var second = await new DueAudits(client).StartAsync(due.ToOffset(TimeSpan.FromHours(2)).AddSeconds(59), default);

        Assert.Equal("audit-20300102T2330", first);
        Assert.Equal(first, second);
        Assert.All(client.Started, start => Assert.Equal((AuditKeysOrchestration.Name, first), (start.Name, start.InstanceId)));
    }
}
