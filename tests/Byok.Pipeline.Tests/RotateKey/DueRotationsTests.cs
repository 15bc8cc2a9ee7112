using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.Api;
using Byok.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.RotateKey;

public sealed class DueRotationsTests : IDisposable
{
    private readonly InMemoryVault _vault = new();
    private readonly RecordingClient _client = new();

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public async Task Start_AroundTheGreatestAge_StartsWhatHasReachedIt(int secondsPast, int started)
    {
        var key = _vault.AddActiveKey("master");

        var operations = await StartAsync(key.CreatedOn.AddDays(10).AddSeconds(secondsPast));

        Assert.Equal(started, operations.Count);
        Assert.All(_client.Started, start =>
        {
            Assert.Equal((RotateKeyOrchestration.Name, OperationId.Once(key.Id.Version, OperationVerb.Rotate, "master").ToString()), (start.Name, start.InstanceId));
            Assert.Equal(new RotateKeyInput { KeyName = "master" }, start.Input);
        });
    }

    [Fact]
    public async Task Start_OneThatBeganUnderTheIdOfAnEarlierRelease_GoesOnUnderIt()
    {
        var key = _vault.AddActiveKey("master");
        var earlier = $"rotate-{key.Id.Version}";
        _client.Instances[earlier] = new OrchestrationStatus(earlier, RotateKeyOrchestration.Name, OrchestrationState.Failed, key.CreatedOn, key.CreatedOn, null, null, null);

        Assert.Equal([earlier], await StartAsync(key.CreatedOn.AddDays(10)));
    }

    [Fact]
    public async Task Start_WithANewerVersionInUse_StartsNothing()
    {
        _vault.AddActiveKey("master");
        for (var i = 0; i < 10; i++)
        {
            // The in-memory vault's clock ticks a second for each key.
            _vault.AddActiveKey("other");
        }

        var newest = _vault.AddActiveKey("master");

        await StartAsync(newest.CreatedOn.AddDays(10).AddSeconds(-1));

        Assert.DoesNotContain(_client.Started, start => ((RotateKeyInput)start.Input!).KeyName == "master");
    }

    [Fact]
    public async Task Start_OfAKeyThatIsOffOrNotOurs_StartsNothing()
    {
        var off = _vault.AddActiveKey("off");
        await _vault.UpdateKeyAsync(off.Id, new KeyAttributes { Enabled = false }, default);
        var foreign = _vault.AddActiveKey("foreign");
        await _vault.UpdateKeyAsync(foreign.Id, new KeyAttributes { Tags = new Dictionary<string, string>() }, default);

        Assert.Empty(await StartAsync(off.CreatedOn.AddYears(1)));
    }

    public void Dispose() => _vault.Dispose();

    private Task<IReadOnlyList<string>> StartAsync(DateTimeOffset now) =>
        new DueRotations(_vault, _client, new PipelineOptions { MaxKeyAge = TimeSpan.FromDays(10) }, new FakeTimeProvider(now)).StartAsync(default);
}
