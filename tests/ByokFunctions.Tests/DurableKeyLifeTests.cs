using Byok.Core.Orchestration;
using Byok.Testing;
using Byok.Testing.Behaviour.KeyLife;
using CsCheck;

namespace ByokFunctions.Tests;

/// <summary>Random sequences of commands on one key, on the Durable Functions engine, against the model that the embedded engine's run by the thousand.</summary>
public sealed class DurableKeyLifeTests
{
    private static readonly Gen<KeyStep[]> Sequences = Gen.Enum<KeyCommand>().Select(command => new KeyStep(command)).Array[3, 6];

    [Fact]
    public Task AnySequence_OfFive_KeepsTheThreePromises() => Sequences.SampleAsync(
        async steps =>
        {
            using var machine = new KeyLifeMachine(TimeProvider.System, () => { });
            await using var host = new Host(machine);
            await machine.RunAsync(steps, _ => host);
            Assert.True(machine.Succeeded >= 4);
        },
        iter: 5,
        print: steps => string.Join("; ", steps.Select(step => step.ToString())));

    private sealed class Host(KeyLifeMachine machine) : IKeyLifeHost, IAsyncDisposable
    {
        private TestPipeline? _catalog;
        private DurableEngine? _engine;

        public async Task<OrchestrationStatus?> RunAsync(string name, object input, string instanceId, KeyStep step)
        {
            var engine = await StartedAsync();
            await engine.Client.ScheduleAsync(name, input, instanceId, CancellationToken.None);
            return await engine.EndOfAsync(instanceId);
        }

        public async Task<IReadOnlyList<OrchestrationStatus>> ListAsync() =>
            await (await StartedAsync()).Client.ListAsync(string.Empty, CancellationToken.None).ToListAsync();

        public async ValueTask DisposeAsync()
        {
            if (_engine is not null)
            {
                await _engine.DisposeAsync();
            }

            _catalog?.Dispose();
        }

        private async Task<DurableEngine> StartedAsync()
        {
            _catalog ??= machine.CreateCatalog();
            return _engine ??= await DurableEngine.StartAsync(_catalog);
        }
    }
}
