using Byok.Core.Errors;
using Byok.Export.Record;
using Byok.Pipeline;
using Byok.Pipeline.BringKey;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Replay;
using Byok.Testing.Storage;

namespace Byok.Export.Tests;

/// <summary>The whole orchestration with the real agent behind a channel that is not to be relied on.</summary>
public sealed class BringKeyTests : IAsyncLifetime
{
    private const string Operation = "bring-payroll";
    private readonly AgentScene _scene = new();
    private readonly InMemoryVault _vault;
    private readonly InMemoryLedger _ledger = new();
    private readonly UnreliableChannel _channel;
    private StorageAccount _storage = null!;
    private TestPipeline? _pipeline;

    public BringKeyTests()
    {
        _vault = new InMemoryVault(_scene.Time);
        _scene.Policy = _scene.Policy with { Vaults = [_vault.VaultUri] };
        _channel = new UnreliableChannel(_scene);
    }

    public async Task InitializeAsync() => _storage = await new InMemoryBlobService(_scene.Time).CreateAccountAsync();

    public Task DisposeAsync()
    {
        _pipeline?.Dispose();
        _vault.Dispose();
        _scene.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Bring_TwoApprovals_OneExport()
    {
        var engine = Start(out var result);
        await ApproveAsync(engine, "Alice", "Bob");

        Assert.Equal(2, (await result).Approvals);
        AssertOneExport();
    }

    [Theory]
    [InlineData(ChannelFault.LostBeforeTheAgent)]
    [InlineData(ChannelFault.LostAfterTheAgent)]
    [InlineData(ChannelFault.AgentKilledBefore)]
    [InlineData(ChannelFault.AgentKilledAfter)]
    [InlineData(ChannelFault.AnswerOfSomethingOnTheWay)]
    public async Task Bring_EveryMessageDisturbedOnce_OneExport(ChannelFault fault)
    {
        _channel.Fault = fault;
        var engine = Start(out var result);
        await ApproveAsync(engine, "Alice", "Bob");

        await result;

        Assert.InRange(_channel.Faults, 2, 10); // each kind of message: keys, export
        AssertOneExport();
    }

    [Fact]
    public async Task Bring_ApprovalsThatDoNotCount_WaitsForMore()
    {
        var engine = Start(out var result);
        engine.Raise(Operation, BringKeyOrchestration.ApprovalEvent, "no approval at all");
        await ApproveAsync(engine, "Mallory", "Alice");
        await WaitForAsync(engine, progress => progress.Refusal is not null);
        Assert.Equal(0, _scene.Hsm.Exports);
        engine.Raise(Operation, BringKeyOrchestration.ApprovalEvent, await SignAsync(engine, "Alice")); // again, counts once
        await ApproveAsync(engine, "Bob");

        await result;

        AssertOneExport();
        var told = engine.StatusesOf<BringKeyProgress>().Last(progress => progress.Refusal is not null).Refusal!;
        Assert.Contains("1 of 2 approvals are good", told, StringComparison.Ordinal);
        Assert.Contains("one is by nobody whom this agent knows", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bring_OnlyApprovalsThatDoNotCount_EndsWithTheAgentsWordsAndNoKek()
    {
        var engine = Start(out var result);
        for (var number = 0; number < 20; number++)
        {
            engine.Raise(Operation, BringKeyOrchestration.ApprovalEvent, $"no approval {number}");
        }

        var refusal = await Assert.ThrowsAsync<ApprovalsMissingException>(() => result);

        Assert.Contains("0 of 2 approvals are good", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _scene.Hsm.Exports);
        await foreach (var key in _vault.ListKeysAsync(CancellationToken.None))
        {
            Assert.False(key.Enabled);
        }
    }

    [Fact]
    public async Task Bring_PipelineThatKnowsOfNoApprovals_WaitsForThoseTheAgentAsksFor()
    {
        var engine = Start(out var result, requiredApprovals: 0);
        await WaitForAsync(engine, progress => progress.Refusal is not null);
        await ApproveAsync(engine, "Alice", "Carol");

        await result;

        AssertOneExport();
    }

    private ReplayEngine Start(out Task<BringKeyResult> result, int requiredApprovals = 2)
    {
        var options = new PipelineOptions { RequiredApprovals = requiredApprovals, KekSizeInBits = 2048 };
        _pipeline = new TestPipeline(_vault, new RelayHsm(_channel), _storage, _ledger, options, _scene.Time);
        var engine = new ReplayEngine(_pipeline.Activities, _scene.Time);
        result = engine.RunAsync<BringKeyResult>(BringKeyOrchestration.Name, new BringKeyInput { KeyName = "payroll", KeyLabel = "payroll-2026" }, Operation);
        return engine;
    }

    private static async Task ApproveAsync(ReplayEngine engine, params string[] names)
    {
        foreach (var name in names)
        {
            engine.Raise(Operation, BringKeyOrchestration.ApprovalEvent, await SignAsync(engine, name));
        }
    }

    private static async Task<string> SignAsync(ReplayEngine engine, string name)
    {
        var progress = await WaitForAsync(engine, progress => progress.Request is not null);
        return AgentScene.Sign(progress.Request!, name);
    }

    private static async Task<BringKeyProgress> WaitForAsync(ReplayEngine engine, Predicate<BringKeyProgress> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            if (engine.StatusesOf<BringKeyProgress>().LastOrDefault(progress => isSo(progress)) is { } found)
            {
                return found;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    private void AssertOneExport()
    {
        var entry = Assert.Single(_scene.ReadRecord(), entry => entry.Kind == AgentRecordKind.Exported);
        Assert.Equal(Operation, entry.Details["requestId"]);
        Assert.Equal(1, _scene.Hsm.Exports);
    }
}
