using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Tests.Faults;
using Byok.Storage;
using Byok.Testing;
using Byok.Testing.Replay;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Crashes;

/// <summary>
/// Bring, rotate, retire and restore, killed wherever a process can die, with failing writes to branch records and to the vault's keys, and with another operation on
/// the same key: every blob stays readable, none is written under a branch that is not recorded, proved and pinned, and no version is disabled that a branch needs.
/// </summary>
public sealed class BranchCrashTests
{
    private static readonly string[] InUse = ["BringKey, another version", "RotateKey", "RotateKey, new branch", "RetireBranch"];

    private static readonly string[] Revoked = ["RestoreKey, disabled", "RestoreKey, deleted", "RestoreKey, purged"];

    public static TheoryData<string> KeysInUse => [.. InUse];

    public static TheoryData<string> All => [.. InUse, .. Revoked];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var first in InUse.Concat([Revoked[0], Revoked[^1]]))
            {
                foreach (var second in InUse.Where(name => name != "RotateKey, new branch").Append(Revoked[0]))
                {
                    pairs.Add(first, second);
                }
            }

            return pairs;
        }
    }

    /// <summary>Before each change is the state in which a process can leave things.</summary>
    [Theory]
    [MemberData(nameof(KeysInUse))]
    public async Task Run_BeforeEachChange_EveryBlobIsReadable(string name)
    {
        var scenario = Scenarios.Named(name);
        using var scene = await FaultScene.CreateAsync(scenario);
        var killer = new Killer(scene) { OnChange = async change => await AssertHoldsAsync(scene, name, change.ToString()) };

        await scenario.RunAsync(scene, 0);

        await scenario.VerifyAsync(scene);
        Assert.InRange(killer.Done.Count, 5, 100);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Run_KilledBeforeEachChange_EndsRight(string name)
    {
        var changes = (await CountAsync(name)).Done.Count;
        for (var number = 1; number <= changes; number++)
        {
            await RunAsync(name, $"killed before change {number}", scene => new Killer(scene)
            {
                DiesBefore = number,
                OnDeath = () => WriteMeanwhileAsync(scene, name),
                OnChange = change => change.IsOfKey ? AssertHoldsAsync(scene, name, change.ToString()) : Task.CompletedTask,
            });
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Run_KilledAtEachBoundary_EndsRight(string name)
    {
        var boundaries = (await CountAsync(name)).Engine.Boundaries;
        for (var number = 1; number <= boundaries; number++)
        {
            await RunAsync(name, $"killed at boundary {number}", scene =>
            {
                var killer = new Killer(scene);
                killer.Engine.DiesAt = (_, count) => count == number;
                return killer;
            });
        }
    }

    /// <summary>Each write to a branch record and to the vault's keys fails, once or from then on, and the process lives, or dies as well before it can try again.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task Run_WriteOfRecordOrKeyFails_EndsRightOrClearly(string name)
    {
        foreach (var change in (await CountAsync(name)).Done.Where(change => change.IsOfBranchRecord || change.IsOfKey))
        {
            foreach (var isForGood in new[] { false, true })
            {
                foreach (var fault in FaultsOf(change))
                {
                    foreach (var dies in isForGood ? [false] : new[] { false, true })
                    {
                        await RunAsync(name, $"{change} fails with {fault}{(isForGood ? " for good" : "")}{(dies ? ", and the process dies" : "")}", scene =>
                        {
                            var killer = new Killer(scene);
                            Arm(scene, change, fault, isForGood);
                            killer.Engine.DiesAt = (_, _) => dies && killer.Engine.Deaths == 0 && scene.Network.Injected + scene.VaultCalls.Injected > 0;
                            return killer;
                        });
                    }
                }
            }
        }
    }

    /// <summary>The first dies after every second of its activities; another begins before it is started again.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public Task Run_AnotherOperationWhileOneIsDead_BothEndRightOrClearly(string first, string second) => RunPairAsync(first, second, 1 + (second.Length % 2), stride: 2);

    [Trait("Category", "Long")]
    [Theory]
    [MemberData(nameof(Pairs))]
    public Task Run_AnotherOperationAfterEachActivity_BothEndRightOrClearly(string first, string second) => RunPairAsync(first, second, 1, stride: 1);

    private static async Task RunPairAsync(string first, string second, int from, int stride)
    {
        var activities = (await CountAsync(first)).Engine.Activities.Count;
        for (var number = from; number <= activities; number += stride)
        {
            await RunAsync(first, $"{second} after activity {number}", scene =>
            {
                var (killer, done, dies) = (new Killer(scene), 0, false);
                killer.Engine.OnActivity = async activity =>
                {
                    if (++done == number)
                    {
                        dies = true;
                        await RunBesideAsync(scene, second);
                        await AssertHoldsAsync(scene, first, $"{second} after {activity}");
                    }
                };
                killer.Engine.DiesAt = (boundary, _) => dies && killer.Engine.Deaths == 0 && boundary.StartsWith("after ", StringComparison.Ordinal);
                return killer;
            }, isVerified: false);
        }
    }

    private static IEnumerable<object> FaultsOf(Change change) => change.IsOfKey
        ? Enum.GetValues<CallFault>().Cast<object>()
        : [FaultKind.TimeOutBeforeEffect, FaultKind.TimeOutAfterEffect, FaultKind.PreconditionFailed];

    private static void Arm(FaultScene scene, Change change, object fault, bool isForGood)
    {
        if (fault is FaultKind kind)
        {
            scene.Fault = kind;
            scene.Network.Arm(kind, change.Call, times: 2, isForGood ? int.MaxValue : null);
        }
        else
        {
            scene.VaultCalls.Arm((CallFault)fault, change.Call, isForGood ? int.MaxValue : change.Call);
        }
    }

    private static async Task<Killer> CountAsync(string name)
    {
        var scenario = Scenarios.Named(name);
        using var scene = await FaultScene.CreateAsync(scenario);
        scene.Disarm();
        var killer = new Killer(scene);
        await scenario.RunAsync(scene, 0);
        return killer;
    }

    /// <summary>One run, repeated without faults when it failed.</summary>
    private static async Task RunAsync(string name, string how, Func<FaultScene, Killer> begin, bool isVerified = true)
    {
        var scenario = Scenarios.Named(name);
        using var scene = await FaultScene.CreateAsync(scenario);
        scene.Disarm();
        var killer = begin(scene);
        try
        {
            var failure = await FaultRun.TryAsync(scenario, scene, 0);
            scene.Disarm();
            await AssertHoldsAsync(scene, name, "at its end");
            if (failure is not null)
            {
                await FaultRun.RepeatAsync(scenario, scene, failure);
            }

            if (isVerified)
            {
                await scenario.VerifyAsync(scene);
            }

            await scene.AssertBranchesAsync();
            await scene.AssertNothingLostAsync();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{name}, {how}: {exception.Message}\nchanges: {string.Join(", ", killer.Done)}", exception);
        }
    }

    /// <summary>What must hold while the operation is under way. A key that is being restored is out of use until that has ended.</summary>
    private static async Task AssertHoldsAsync(FaultScene scene, string name, string when)
    {
        if (!InUse.Contains(name))
        {
            return;
        }

        try
        {
            await scene.AssertBranchesAsync();
        }
        catch (ByokException exception)
        {
            throw new Xunit.Sdk.XunitException($"{name}, {when}: {exception}");
        }
    }

    /// <summary>Another process writes while this one is dead.</summary>
    private static async Task WriteMeanwhileAsync(FaultScene scene, string name)
    {
        if (!InUse.Contains(name))
        {
            return;
        }

        const string blob = "written meanwhile";
        using var writer = await scene.CreateBystanderAsync();
        await scene.UploadAsync(blob, LifeStack.ContentOf(blob), writer.Get<StorageAccount>());
        var input = new EncryptBlobInput { BlobName = blob, ETag = scene.Uploads[blob] };
        await new ReplayEngine(writer.Activities, scene.Stack.Time).RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, EncryptBlobInput.InstanceIdFor(blob, input.ETag));
        await AssertHoldsAsync(scene, name, "dead");
    }

    /// <summary>An operation in a process of its own: it ends, or says clearly why it cannot.</summary>
    private static async Task RunBesideAsync(FaultScene scene, string name)
    {
        TestPipeline? bystander = null;
        var engine = new ReplayEngine(() => bystander!, scene.Stack.Time, scene.Stack.Time.SetUtcNow) { OnFailure = scene.OnFailure };
        using (bystander = await scene.CreateBystanderAsync())
        {
            var (runner, branch) = (scene.Runner, scene.Branch);
            (scene.Runner, scene.Branch, scene.Actor) = (engine, null, "beside");
            try
            {
                await Scenarios.Named(name).RunAsync(scene, 50);
            }
            catch (ByokException exception)
            {
                Assert.True(exception is PermanentByokException and not UnexpectedFailureException, exception.ToString());
            }
            finally
            {
                (scene.Runner, scene.Branch, scene.Actor) = (runner, branch, "first");
            }
        }
    }
}
