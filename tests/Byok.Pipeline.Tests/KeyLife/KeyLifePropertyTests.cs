using Byok.Testing.Behaviour.KeyLife;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Byok.Pipeline.Tests.KeyLife;

/// <summary>
/// Random sequences of commands, killed at journal writes and given again, against a model: after a successful revoke nothing unwraps under the name, after
/// a successful restore everything does, and what is said is what the vault has.
/// </summary>
public sealed class KeyLifePropertyTests
{
    /// <summary>Revoke and restore are what this is about.</summary>
    private static readonly Gen<KeyCommand> Commands = Gen.Frequency(
        (1, Gen.Const(KeyCommand.Bring)),
        (2, Gen.Const(KeyCommand.Rotate)),
        (1, Gen.Const(KeyCommand.RotateToLabel)),
        (2, Gen.Const(KeyCommand.RetireBranch)),
        (5, Gen.Const(KeyCommand.Disable)),
        (3, Gen.Const(KeyCommand.Delete)),
        (6, Gen.Const(KeyCommand.Restore)),
        (2, Gen.Const(KeyCommand.Encrypt)),
        (2, Gen.Const(KeyCommand.Read)));

    /// <summary>Most commands have written by the twelfth; the longest need the others.</summary>
    private static readonly Gen<int> Writes = Gen.Frequency((3, Gen.Int[1, 12]), (1, Gen.Int[1, 24]));

    /// <summary>Every second command is killed, one in two of those is given again.</summary>
    private static readonly Gen<KeyStep> Steps =
        from command in Commands
        from isKilled in Gen.Bool
        from write in Writes
        from isWritten in Gen.Bool
        from isRepeated in Gen.Bool
        select isKilled && command is not (KeyCommand.Encrypt or KeyCommand.Read) ? new KeyStep(command, write, isWritten, isRepeated) : new KeyStep(command);

    [Fact]
    public Task AnySequence_OfAHundred_KeepsTheThreePromises() => SampleAsync(100);

    [Trait("Category", "Long")]
    [Fact]
    public Task AnySequence_OfTwoThousand_KeepsTheThreePromises() => SampleAsync(2000);

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task Sequence_ThatOnceWentWrong_KeepsTheThreePromises(string name, KeyStep[] steps)
    {
        Assert.NotEmpty(name);
        var (succeeded, _) = await RunAsync(steps);
        Assert.True(succeeded > 3);
    }

    public static TheoryData<string, KeyStep[]> Sequences()
    {
        var sequences = new TheoryData<string, KeyStep[]>();
        foreach (var revoke in new[] { KeyCommand.Disable, KeyCommand.Delete })
        {
            // Before, at and behind each write of a revocation that is killed while it probes.
            foreach (var write in Enumerable.Range(1, 20))
            {
                sequences.Add($"{revoke} killed at {write}, restored, revoked", [new(revoke, write), new(KeyCommand.Restore), new(revoke), new(KeyCommand.Read), new(KeyCommand.Encrypt)]);
                sequences.Add($"{revoke} killed at {write}, restored, rotated, revoked", [new(revoke, write), new(KeyCommand.Restore), new(KeyCommand.Rotate), new(revoke)]);
            }
        }

        foreach (var write in Enumerable.Range(1, 12))
        {
            sequences.Add($"restore killed at {write}, revoked", [new(KeyCommand.Disable), new(KeyCommand.Restore, write), new(KeyCommand.Disable), new(KeyCommand.Restore)]);
            sequences.Add($"restore of a deleted key killed at {write}, deleted", [new(KeyCommand.Delete), new(KeyCommand.Restore, write), new(KeyCommand.Delete), new(KeyCommand.Restore)]);
            sequences.Add($"rotation killed at {2 * write}, revoked, restored", [new(KeyCommand.Rotate, 2 * write), new(KeyCommand.Disable), new(KeyCommand.Restore), new(KeyCommand.Rotate)]);
            sequences.Add(
                $"retirement killed at {2 * write}, revoked, restored",
                [new(KeyCommand.RetireBranch, 2 * write), new(KeyCommand.Disable), new(KeyCommand.Restore), new(KeyCommand.Read), new(KeyCommand.RetireBranch), new(KeyCommand.Encrypt)]);
        }

        sequences.Add("disabled, then deleted", [new(KeyCommand.Disable), new(KeyCommand.Delete), new(KeyCommand.Restore)]);
        sequences.Add("deleted, then disabled", [new(KeyCommand.Delete), new(KeyCommand.Disable), new(KeyCommand.Bring), new(KeyCommand.Restore)]);
        return sequences;
    }

    private static async Task SampleAsync(int iterations)
    {
        var (succeeded, killed) = (0, 0);
        await Steps.Array[1, 8].SampleAsync(
            async steps =>
            {
                var (done, cut) = await RunAsync(steps);
                Interlocked.Add(ref succeeded, done);
                Interlocked.Add(ref killed, cut);
            },
            iter: iterations,
            print: steps => string.Join("; ", steps.Select(step => step.ToString())));
        Console.WriteLine($"{iterations} sequences: {succeeded} commands ended well, {killed} were killed");
        Assert.True(succeeded > 2 * iterations && killed > iterations / 2, $"{succeeded} ended well, {killed} were killed");
    }

    private static async Task<(int Succeeded, int Killed)> RunAsync(KeyStep[] steps)
    {
        var time = new FakeTimeProvider(LifeStack.Start);
        using var machine = new KeyLifeMachine(time, () => time.Advance(TimeSpan.FromSeconds(1)));
        EmbeddedKeyLifeHost? host = null;
        try
        {
            await machine.RunAsync(steps, started => host = new EmbeddedKeyLifeHost(started, time));
        }
        finally
        {
            host?.Dispose();
        }

        return (machine.Succeeded, machine.Killed);
    }
}
