using Azure.Core.Pipeline;
using Byok.Client.Records;
using Byok.Core.Branches;
using Byok.Core.Ports;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.RetireBranch;
using Byok.Pipeline.RotateKey;
using Byok.Testing.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>A stack in memory with one key: quick enough for one of its own for each text that others may write.</summary>
internal static class HostileStack
{
    public static async Task<LifeStack> CreateAsync(HttpPipelinePolicy? policy = null)
    {
        var time = new FakeTimeProvider(LifeStack.Start);
        var service = new InMemoryBlobService(time);
        var storage = await service.CreateAccountAsync(configure: options =>
        {
            if (policy is not null)
            {
                options.AddPolicy(policy, Azure.Core.HttpPipelinePosition.PerRetry);
            }
        });
        var stack = new LifeStack(storage, LifeStack.DefaultOptions, time);
        await stack.BringAsync(LifeStack.Key);
        return stack;
    }

    /// <summary>Has the ledger know a planted blob, as if a writer of ours had put it there: others are refused for being strangers'.</summary>
    public static async Task VouchAsync(LifeStack stack, string name)
    {
        var intent = new BlobIntent("earlier", name, await stack.HeaderAsync(name), BlobChange.Encrypt, Replaces: null);
        await stack.Catalog.Records.IntendAsync([intent], default);
        await stack.Catalog.Records.ConfirmAsync([intent], default);
    }

    public static async Task<AuditReport> AuditAsync(LifeStack stack)
    {
        stack.Time.Advance(TimeSpan.FromMinutes(1)); // a report of its own
        var result = await stack.Engine.RunAsync<AuditKeysResult>(
            AuditKeysOrchestration.Name, new AuditKeysInput { ScrubPercent = 100 }, $"audit-{Guid.NewGuid():N}");
        return await stack.Catalog.Audits.ReadReportAsync(result.ReportName, default);
    }

    public static Task<RotateKeyResult> RotateAsync(LifeStack stack, bool deep) =>
        stack.Engine.RunAsync<RotateKeyResult>(RotateKeyOrchestration.Name, new RotateKeyInput { KeyName = LifeStack.Key, Deep = deep }, $"rotate-{Guid.NewGuid():N}");

    /// <summary>Retires a branch; null for the current one.</summary>
    public static Task<RetireBranchResult> RetireAsync(LifeStack stack, BranchName? branch = null, bool deep = false) => stack.Engine.RunAsync<RetireBranchResult>(
        RetireBranchOrchestration.Name, new RetireBranchInput { KeyName = LifeStack.Key, Branch = branch, Deep = deep }, $"retire-{Guid.NewGuid():N}");

    public static async Task<BranchPins> PinsAsync(LifeStack stack) => BranchPins.Of(await stack.Vault.ReadLifeAsync(LifeStack.Key, default));
}
