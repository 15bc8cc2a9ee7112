using System.Text.Json.Nodes;
using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.HostSettings;

public sealed class HostJsonTests
{
    private static readonly JsonNode Host = JsonNode.Parse(RepositoryFiles.Read("host.json"))!;
    private static readonly JsonNode DurableTask = Host["extensions"]!["durableTask"]!;

    [Fact]
    public void Version_Schema_IsTwo()
    {
        Assert.Equal("2.0", (string?)Host["version"]);
    }

    [Fact]
    public void DurableTask_InputsAndOutputs_StayOutOfTelemetry()
    {
        Assert.False((bool)DurableTask["tracing"]!["traceInputsAndOutputs"]!);
        Assert.False((bool)DurableTask["tracing"]!["traceReplayEvents"]!);
    }

    [Fact]
    public void DurableTask_HubName_IsValidForQueuesTablesAndContainers()
    {
        Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,44}$", (string?)DurableTask["hubName"]);
    }

    [Fact]
    public async Task DurableTask_Connection_IsTheOneThatTheTemplateSets()
    {
        var connection = (string?)DurableTask["storageProvider"]!["connectionName"];

        foreach (var service in new[] { "blob", "queue", "table" })
        {
            Assert.Contains($"{connection}__{service}ServiceUri", (await Deployment.Sample).AppSettings().Keys);
        }
    }

    [Fact]
    public async Task DurableTask_BuffersOfAllActivities_FitAQuarterOfTheSmallestInstance()
    {
        const int chunksInFlight = 4, chunkSizeInMB = 4, smallestInstanceInMB = 2048;

        var buffersInMB = (int)DurableTask["maxConcurrentActivityFunctions"]! * chunksInFlight * chunkSizeInMB;

        Assert.InRange(buffersInMB, 1, smallestInstanceInMB / 4);
        Assert.Equal(smallestInstanceInMB, (int)(await Deployment.Sample).Only("Microsoft.Web/sites").Property("functionAppConfig.scaleAndConcurrency.instanceMemoryMB")!);
    }

    [Fact]
    public void Blobs_PoisonUploads_EndAfterAFewTries()
    {
        Assert.InRange((int)Host["extensions"]!["blobs"]!["poisonBlobThreshold"]!, 1, 10);
    }

    [Fact]
    public void FunctionTimeout_AnActivity_IsBounded()
    {
        Assert.InRange(TimeSpan.Parse((string)Host["functionTimeout"]!, null), TimeSpan.FromMinutes(5), TimeSpan.FromHours(1));
    }

    [Fact]
    public void Sampling_RequestsAndExceptions_AreAlwaysKept()
    {
        var excluded = ((string)Host["logging"]!["applicationInsights"]!["samplingSettings"]!["excludedTypes"]!).Split(';');

        Assert.Superset(new HashSet<string> { "Request", "Exception" }, excluded.ToHashSet());
    }
}
