using System.Text.Json;
using Byok.Api;
using Byok.Pipeline;
using Byok.Testing;

namespace ByokFunctions.Tests;

/// <summary>The generated functions.metadata, which is all that the host knows of the app.</summary>
public sealed class MetadataTests
{
    private static readonly Dictionary<string, JsonElement> Triggers = Load();

    [Fact]
    public void Orchestrations_OfThePipeline_AreAllMapped() =>
        Assert.Equal(PipelineOrchestrations.All.Select(orchestration => orchestration.Name).Order(), Named("orchestrationTrigger"));

    [Fact]
    public void Activities_OfThePipeline_AreAllMapped()
    {
        using var vault = new InMemoryVault();
        using var hsm = new InMemoryHsm();
        using var pipeline = new TestPipeline(vault, hsm, TestPipeline.NoStorage, new InMemoryLedger(), new PipelineOptions(), TimeProvider.System);
        Assert.Equal(pipeline.Activities.Select(activity => activity.Name).Order(), Named("activityTrigger"));
    }

    [Fact]
    public void HttpFunctions_All_AskForAKeyAndHaveTheDocumentedRoute()
    {
        var http = Triggers.Values.Where(trigger => trigger.GetProperty("type").GetString() == "httpTrigger").ToList();

        Assert.All(http, trigger => Assert.Equal("Function", trigger.GetProperty("authLevel").GetString()));
        Assert.Equal(
            ApiRoute.All.Select(route => $"{route.Method.ToLowerInvariant()} {route.Template}").Order(),
            http.Select(trigger => $"{Assert.Single(trigger.GetProperty("methods").EnumerateArray())} {trigger.GetProperty("route").GetString()}").Order());
    }

    [Fact]
    public void BlobTriggers_Both_WatchTheUploads()
    {
        Assert.Equal("uploads/{name}", Triggers["UploadTrigger"].GetProperty("path").GetString());
        Assert.Equal("EventGrid", Triggers["UploadTrigger"].GetProperty("source").GetString());
        Assert.Equal("uploads/{name}", Triggers["UploadPolling"].GetProperty("path").GetString());
        Assert.All(Triggers.Values.Where(trigger => trigger.GetProperty("type").GetString() == "blobTrigger"), trigger =>
            Assert.Equal("ByokUploads", trigger.GetProperty("connection").GetString()));
    }

    [Theory]
    [InlineData("RotationSchedule", "%ByokRotationSchedule%")]
    [InlineData("AuditSchedule", "%ByokAuditSchedule%")]
    public void Timers_All_TakeTheirScheduleFromASetting(string name, string schedule) =>
        Assert.Equal(schedule, Triggers[name].GetProperty("schedule").GetString());

    [Fact]
    public void HostJson_BesideTheApp_IsTheRepositorys() =>
        Assert.Equal("2.0", JsonDocument.Parse(File.ReadAllBytes(InApp("host.json"))).RootElement.GetProperty("version").GetString());

    private static IEnumerable<string> Named(string type) =>
        Triggers.Where(trigger => trigger.Value.GetProperty("type").GetString() == type).Select(trigger => trigger.Key).Order();

    private static Dictionary<string, JsonElement> Load() =>
        JsonDocument.Parse(File.ReadAllBytes(InApp("functions.metadata"))).RootElement.EnumerateArray().ToDictionary(
            function => function.GetProperty("name").GetString()!,
            function => function.GetProperty("bindings").EnumerateArray().Single(
                binding => binding.GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.Ordinal)));

    private static string InApp(string file) => Path.Combine(AppContext.BaseDirectory, "app", file);
}
