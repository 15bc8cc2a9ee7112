using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Byok.Core.Orchestration;
using Byok.Local.Processes;
using Byok.Pipeline;
using Byok.Testing;
using Byok.Testing.Behaviour;
using ByokFunctions.Durable;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Testing;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace ByokFunctions.Tests;

/// <summary>The Durable Functions engine in this process, running the pipeline through our adapters; keeps every payload that it stores.</summary>
internal sealed class DurableEngine : IPipelineEngine
{
    private readonly DurableTaskTestHost _host;
    private readonly ConcurrentQueue<string> _payloads;

    private DurableEngine(DurableTaskTestHost host, ConcurrentQueue<string> payloads)
    {
        _host = host;
        _payloads = payloads;
        Client = new DurableOrchestrationClient(host.Client);
    }

    public DurableOrchestrationClient Client { get; }

    IOrchestrationClient IPipelineEngine.Client => Client;

    public byte[] ReadHistory() => Encoding.UTF8.GetBytes(string.Join('\n', _payloads));

    public static Task<DurableEngine> StartAsync(TestPipeline pipeline) =>
        StartAsync(PipelineOrchestrations.All, pipeline.Activities);

    public static async Task<DurableEngine> StartAsync(IEnumerable<OrchestrationDescriptor> orchestrations, IEnumerable<ActivityDescriptor> activities)
    {
        var payloads = new ConcurrentQueue<string>();
        var converter = new RecordingConverter(payloads);
        var host = await DurableTaskTestHost.StartAsync(
            registry =>
            {
                foreach (var orchestration in orchestrations)
                {
                    registry.AddOrchestratorFunc<JsonElement?, object?>(
                        orchestration.Name,
                        (context, input) => orchestration.RunAsync(new DurableOrchestrationContext(context), Read(input, orchestration.InputType)));
                }

                foreach (var activity in activities)
                {
                    registry.AddActivityFunc<JsonElement?, object?>(
                        activity.Name, (_, input) => activity.RunAsync(Read(input, activity.InputType), CancellationToken.None));
                }
            },
            new DurableTaskTestHostOptions
            {
                Port = LoopbackPort.Choose(),
                ConfigureServices = services =>
                {
                    services.Configure<DurableTaskWorkerOptions>(options => options.DataConverter = converter);
                    services.Configure<DurableTaskClientOptions>(options => options.DataConverter = converter);
                },
            });
        return new DurableEngine(host, payloads);
    }

    /// <summary>Starts an orchestration and waits for its end.</summary>
    public async Task<OrchestrationStatus> RunAsync(string name, object input, string instanceId)
    {
        Assert.True(await Client.ScheduleAsync(name, input, instanceId, default));
        return await EndOfAsync(instanceId);
    }

    public Task<OrchestrationStatus> EndOfAsync(string instanceId) => UntilAsync(instanceId, status => status.IsEnded);

    public async Task<OrchestrationStatus> UntilAsync(string instanceId, Func<OrchestrationStatus, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (true)
        {
            if (await Client.GetAsync(instanceId, limit.Token) is { } status && condition(status))
            {
                return status;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private static object? Read(JsonElement? input, Type type) => input?.Deserialize(type, OrchestrationJson.Options);

    private sealed class RecordingConverter(ConcurrentQueue<string> payloads) : DataConverter
    {
        private readonly JsonDataConverter _inner = new(OrchestrationJson.Options);

        public override string? Serialize(object? value)
        {
            var text = _inner.Serialize(value);
            if (text is not null)
            {
                payloads.Enqueue(text);
            }

            return text;
        }

        public override object? Deserialize(string? data, Type targetType) => _inner.Deserialize(data, targetType);
    }
}
