using Byok.Core.Orchestration;
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

        Assert.True(OperationId.Is(first, OperationVerb.Audit));
        Assert.Equal(first, second);
        Assert.All(client.Started, start => Assert.Equal((AuditKeysOrchestration.Name, first), (start.Name, start.InstanceId)));
        Assert.NotEqual(first, await new DueAudits(client).StartAsync(due.AddMinutes(1), default));
    }

    [Fact]
    public async Task Start_StartedByAnEarlierReleaseUnderItsId_StartsNothing()
    {
        var client = new RecordingClient();
        var due = new DateTimeOffset(2030, 1, 2, 23, 30, 0, TimeSpan.Zero);
        const string earlier = "audit-20300102T2330";
        client.Instances[earlier] = new OrchestrationStatus(earlier, AuditKeysOrchestration.Name, OrchestrationState.Completed, due, due, null, null, null);

        Assert.Null(await new DueAudits(client).StartAsync(due, default));
        Assert.Empty(client.Started);
    }
}
